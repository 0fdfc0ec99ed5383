"""Rate limits by address, shared by all workers. What they count is set in CLINIC_LIMIT_*.

The address itself is never stored: the counters know it as a keyed hash, and an IPv6 address as its /64 network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache, wraps
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Literal, TypeVar

from flask import request
from limits import RateLimitItem, parse_many

from clinic.domain.errors import LimitReached
from clinic.domain.geography.places import Point
from clinic.web.context import Geocode, parts

View = TypeVar("View", bound=Callable[..., Any])
Kind = Literal["holds", "bookings", "geocoding", "lookups", "sign_ins"]

REFUSALS: dict[Kind, str] = {
    "holds": "You have chosen many times in a short while. Please wait a little, or call us.",
    "bookings": "Many visits have been booked from your network. Please wait a little, or call us.",
    "geocoding": "You have looked up many addresses in a short while. Please search by ZIP code.",
    "lookups": "You have looked for a booking several times. Please wait a little, or call us. We can find it for you.",
    "sign_ins": "Somebody has tried to sign in many times. Please wait a little, or ask your administrator.",
}


def limited(kind: Kind) -> Callable[[View], View]:
    """Count each call of the view; over the limit, raise LimitReached before the view runs."""

    def decorate(view: View) -> View:
        @wraps(view)
        def counted(*args: Any, **kwargs: Any) -> Any:
            spend(kind)
            return view(*args, **kwargs)

        return counted  # type: ignore[return-value]

    return decorate


def spend(kind: Kind, about: str = "") -> None:
    """Count one more of `kind` for this request's address, or for what it is `about` (which is stored as a keyed hash, too).

    Raises LimitReached with the seconds to wait.
    """
    bound = parts()
    who = _who(about or request.remote_addr or "", bound.settings.secret_key)
    for limit in _read(getattr(bound.settings.limits, kind)):
        if not bound.limiter.hit(limit, kind, who):
            ends = bound.limiter.get_window_stats(limit, kind, who).reset_time
            raise LimitReached(REFUSALS[kind], max(1, round(ends - bound.clock().timestamp())))


def give_back(kind: Kind) -> None:
    """What was counted for this request's address does not count after all."""
    bound = parts()
    who = _who(request.remote_addr or "", bound.settings.secret_key)
    for limit in _read(getattr(bound.settings.limits, kind)):
        bound.limiter.hit(limit, kind, who, cost=-1)


def geocoder() -> Geocode | None:
    """The geocoder for this request, counted. Over the limit it finds nothing, and the embedded gazetteer answers."""
    ask = parts().geocode
    if ask is None:
        return None

    def counted(address: str) -> Point | None:
        try:
            spend("geocoding")
        except LimitReached:
            return None
        return ask(address)

    return counted


@cache
def _read(notation: str) -> list[RateLimitItem]:
    return parse_many(notation)


def _who(address: str, key: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        network = address
    else:
        network = str(ip_network((parsed, 64), strict=False) if isinstance(parsed, IPv6Address) else parsed)
    return hashlib.blake2b(network.encode(), key=key.encode()[:64], digest_size=12).hexdigest()
