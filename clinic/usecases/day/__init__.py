"""A specialist's day: what is on it, what becomes of each visit, and what follows it."""

from clinic.usecases.day.card import Card, Contact, Eyes, open_card
from clinic.usecases.day.changing import REASONS, cancel, move, preview_move
from clinic.usecases.day.marking import MARKS, mark, undo
from clinic.usecases.day.sheet import Day, Row, Sheet, colleagues, sheet, zone_of
from clinic.usecases.day.times import USUAL_WEEKS, WEEKS, Times, check_opening, follow_up_times, move_times

__all__ = [
    "MARKS", "REASONS", "USUAL_WEEKS", "WEEKS", "Card", "Contact", "Day", "Eyes", "Row", "Sheet", "Times", "cancel",
    "check_opening", "colleagues", "follow_up_times", "mark", "move", "move_times", "open_card", "preview_move",
    "sheet", "undo", "zone_of",
]  # fmt: skip
