"""A specialist's day: what is on it, each visit, and what follows it."""

from clinic.usecases.day.card import Card, Contact, Eyes, open_card
from clinic.usecases.day.changing import NOTE_MAX, REASONS, Moving, cancel, move, preview_move
from clinic.usecases.day.sheet import Diary, DiaryDay, DiaryRow, colleagues, sheet, zone_of
from clinic.usecases.day.times import (
    ANYBODY,
    USUAL_WEEKS,
    WEEKS,
    DaysWithTimes,
    Giver,
    check_opening,
    follow_up_times,
    move_times,
)

__all__ = [
    "ANYBODY",
    "NOTE_MAX",
    "REASONS",
    "USUAL_WEEKS",
    "WEEKS",
    "Card",
    "Contact",
    "DaysWithTimes",
    "Diary",
    "DiaryDay",
    "DiaryRow",
    "Eyes",
    "Giver",
    "Moving",
    "cancel",
    "check_opening",
    "colleagues",
    "follow_up_times",
    "move",
    "move_times",
    "open_card",
    "preview_move",
    "sheet",
    "zone_of",
]  # fmt: skip
