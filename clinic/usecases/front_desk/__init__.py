"""The front desk of a clinic: who comes today, who is here, and who walks in. Each verb commits once, last."""

from clinic.usecases.front_desk.sheet import Desk, FrontDeskDay, FrontDeskRow, clinics, find, sheet
from clinic.usecases.front_desk.walk_in import DAYS, WalkInDay, WalkInTimes, check_opening, times

__all__ = [
    "DAYS",
    "Desk",
    "FrontDeskDay",
    "FrontDeskRow",
    "WalkInDay",
    "WalkInTimes",
    "check_opening",
    "clinics",
    "find",
    "sheet",
    "times",
]
