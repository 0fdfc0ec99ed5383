"""What an import did, or would do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from clinic.adapters.csv_files import CsvFile, CsvLine
from clinic.domain.errors import InvalidInput
from clinic.domain.scheduling.affected import Cause

PREVIEW = 5

Watch = Callable[[Iterable[CsvLine]], Iterable[CsvLine]]
"""Something that looks on while the lines go by: a progress bar."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence about a line of the file."""

    line: int
    said: str


class ClockChange(NamedTuple):
    """A site whose time zone or opening hours change: each as it is and as it would be."""

    location_id: int
    time_zone: tuple[str, str]
    hours: tuple[str, str]


class TouchedVisit(NamedTuple):
    """A booked visit whose time an import takes away. `start` is UTC, `time_zone` as its patient, who is not named, was told."""

    start: datetime
    time_zone: str
    clinic: str
    specialist: str
    reference: str
    cause: Cause


@dataclass(slots=True)
class ImportOutcome:
    """Counts of lines, every rejected one with its reason, and what was left out of lines that were taken.

    `first` shows the first lines as they were understood; `touched` are visits that go onto the work
    list, and `freed` counts those that leave it, as they can be given again.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    rejected: list[Remark] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    touched: list[TouchedVisit] = field(default_factory=list)
    freed: int = 0

    @property
    def taken(self) -> int:
        """How many lines were not rejected."""
        return self.new + self.changed + self.same

    def lines(self, file: CsvFile, watch: Watch) -> Iterator[tuple[CsvLine, Refusals]]:
        """Each line with a block to read it in: what the block refuses becomes the line's rejection."""
        for line in watch(file.lines):
            yield line, Refusals(self, line)

    def remark(self, line: int, said: str) -> None:
        self.remarks.append(Remark(line, said))

    def show(self, text: str) -> None:
        if len(self.first) < PREVIEW:
            self.first.append(text)


class Refusals:
    """`with refusals:` rejects the line when the block raises InvalidInput."""

    def __init__(self, outcome: ImportOutcome, line: CsvLine) -> None:
        self._outcome, self._line = outcome, line

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: object, _traceback: object) -> bool:
        if isinstance(error, InvalidInput):
            number, remarks = self._line.number, self._outcome.remarks
            while remarks and remarks[-1].line == number:
                remarks.pop()
            self._outcome.rejected.append(Remark(number, error.message))
            return True
        return False
