"""What a visit needs: how long, with what around it, where, and who may book it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clinic.domain.errors import InvalidInput
from clinic.domain.time.timeline import CELL_MINUTES, cells_in

Audience = Literal["any", "new", "returning"]

LONGEST_MINUTES = 1440  # a claim is at most 288 cells: the guard's trigger looks back no further


@dataclass(frozen=True, slots=True)
class VisitShape:
    """The shape of a visit type. Minutes unless the name says otherwise, all on the five-minute grid.

    `notice_minutes` before the start is the latest a patient may book; `horizon_days` from now the furthest.
    `room_setup` and `room_cleanup` lie around the visit in the room and on the equipment; buffers in the specialist's
    calendar. Neighbours' buffers add up, and all of it lies inside the shift. Raises InvalidInput.
    """

    minutes: int
    buffer_before: int = 0
    buffer_after: int = 0
    notice_minutes: int = 0
    horizon_days: int = 90
    step_minutes: int = 15
    room_kind: str | None = None
    room_setup: int = 0
    room_cleanup: int = 0
    equipment_kind: str | None = None
    online: bool = True
    audience: Audience = "any"

    def __post_init__(self) -> None:
        wrong: dict[str, str] = {}
        for name in ("minutes", "buffer_before", "buffer_after", "room_setup", "room_cleanup", "step_minutes"):
            value = getattr(self, name)
            if value < 0 or value % CELL_MINUTES:
                wrong[name] = f"{value} is not a whole number of five minutes."
        if self.minutes < CELL_MINUTES:
            wrong["minutes"] = "A visit lasts at least five minutes."
        if self.step_minutes < CELL_MINUTES or 60 % self.step_minutes:
            wrong["step_minutes"] = "Starts are 5, 10, 15, 20, 30 or 60 minutes apart."
        if self.buffer_before + self.minutes + self.buffer_after > LONGEST_MINUTES:
            wrong["minutes"] = "A visit with its buffers lasts at most a day."
        if self.room_setup + self.minutes + self.room_cleanup > LONGEST_MINUTES:
            wrong["minutes"] = "A visit with its set-up and clean-up lasts at most a day."
        if self.notice_minutes < 0:
            wrong["notice_minutes"] = "Notice cannot be negative."
        if not 1 <= self.horizon_days <= 730:
            wrong["horizon_days"] = "Visits can be booked between 1 and 730 days ahead."
        if wrong:
            raise InvalidInput(wrong)

    @property
    def cells(self) -> int:
        return cells_in(self.minutes)

    def specialist_cells(self, start: int) -> tuple[int, int]:
        """What a visit from cell `start` takes of the specialist: [start, end) with buffers."""
        return start - cells_in(self.buffer_before), start + self.cells + cells_in(self.buffer_after)

    def room_cells(self, start: int) -> tuple[int, int]:
        """What it takes of the room and of the equipment: with set-up and clean-up."""
        return start - cells_in(self.room_setup), start + self.cells + cells_in(self.room_cleanup)

    def patient_cells(self, start: int) -> tuple[int, int]:
        """What it takes of the patient: the visit itself."""
        return start, start + self.cells
