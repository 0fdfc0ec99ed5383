"""The front desk of a clinic: who comes today, who is here, and who walks in. Each verb commits once, last."""

from clinic.usecases.front_desk.sheet import Desk, Row, Sheet, clinics, find, sheet
from clinic.usecases.front_desk.walk_in import DAYS, Day, Times, check_opening, times

__all__ = ["DAYS", "Day", "Desk", "Row", "Sheet", "Times", "check_opening", "clinics", "find", "sheet", "times"]
