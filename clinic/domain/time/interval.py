"""A stretch of time: closed at its start, open at its end, in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """[start, end), both aware and in UTC, never empty. Raises ValueError otherwise."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            raise ValueError("an Interval is made of UTC datetimes")
        if self.end <= self.start:
            raise ValueError("an Interval ends after it starts")

    @classmethod
    def lasting(cls, start: datetime, minutes: int) -> Interval:
        return cls(start, start + timedelta(minutes=minutes))

    def overlaps(self, other: Interval) -> bool:
        """Share some time; touching ends do not."""
        return self.start < other.end and other.start < self.end

    def adjacent(self, other: Interval) -> bool:
        """One ends exactly where the other starts."""
        return self.end == other.start or other.end == self.start

    def contains(self, other: Interval) -> bool:
        return self.start <= other.start and other.end <= self.end
