"""A browser in words that its owner knows: "Firefox on Windows". Without versions, which tell people apart."""

from __future__ import annotations

from datetime import timedelta

BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox": "Firefox", "FxiOS": "Firefox", "Chrome": "Chrome", "CriOS": "Chrome"}
SYSTEMS = {
    "iPhone": "an iPhone", "iPad": "an iPad", "Android": "Android", "Windows": "Windows", "Mac OS X": "a Mac",
    "CrOS": "a Chromebook", "Linux": "Linux",
}  # fmt: skip


def device_of(user_agent: str) -> str:
    """From what a browser says of itself."""
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), "")
    browser = browser or ("Safari" if "Safari" in user_agent else "A browser")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser


def how_long_ago(span: timedelta) -> str:
    """'just now', '5 minutes ago', '2 hours ago'."""
    minutes = int(span.total_seconds()) // 60
    if minutes < 1:
        return "just now"
    count, unit = (minutes, "minute") if minutes < 60 else (minutes // 60, "hour")
    return f"{count} {unit}{'s' if count > 1 else ''} ago"
