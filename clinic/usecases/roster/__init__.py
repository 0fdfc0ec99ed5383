"""A specialist's availability: see it, see what a change would do, save it, take it back.

Everything goes under the same locks as bookings: nobody is booked into time off saved a moment before.
"""

from clinic.usecases.roster.current import Availability, Change, Holiday, availability, holidays_ahead, taking_back
from clinic.usecases.roster.effect import AffectedVisit, Effect, OpeningsOf, preview
from clinic.usecases.roster.permissions import RosterSpecialist, colleague, colleagues, names_of, note_shown
from clinic.usecases.roster.saving import Decisions, Saved, save

__all__ = [
    "AffectedVisit",
    "Availability",
    "Change",
    "Decisions",
    "Effect",
    "Holiday",
    "OpeningsOf",
    "RosterSpecialist",
    "Saved",
    "availability",
    "colleague",
    "colleagues",
    "holidays_ahead",
    "names_of",
    "note_shown",
    "preview",
    "save",
    "taking_back",
]  # fmt: skip
