"""Goals, floors, and the lines that say whether they are met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Mark:
    """What a figure should be (goal) and must be (floor). Smaller is better, unless `at_least`."""

    goal: float
    floor: float
    at_least: bool = False
    unit: str = "x"

    def verdict(self, value: float) -> str:
        if self._reaches(value, self.goal):
            return "goal met"
        return "floor met" if self._reaches(value, self.floor) else "below floor"

    def _reaches(self, value: float, wanted: float) -> bool:
        return value >= wanted if self.at_least else value <= wanted


@dataclass
class Report:
    """Prints as it goes, and the summary last: the worst case of each figure, one line each."""

    worst: dict[str, tuple[float, str]] = field(default_factory=dict)

    def heading(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    def say(self, text: str) -> None:
        print(f"    {text}", flush=True)

    def figure(self, name: str, values: Sequence[float], mark: Mark, *, case: str = "") -> None:
        """One measured case of the figure `name`. Its summary line is that of its worst case."""
        middle, low, high = median(values), min(values), max(values)
        numbers = f"{_short(middle)}{mark.unit} [{_short(low)}..{_short(high)}]"
        line = f"{name} {numbers} goal {mark.goal:g}{mark.unit} floor {mark.floor:g}{mark.unit}: {mark.verdict(middle)}"
        self.say(f"{case}: {numbers}" if case else numbers)
        badness = -middle if mark.at_least else middle
        if name not in self.worst or badness > self.worst[name][0]:
            self.worst[name] = (badness, line)

    def ceiling(self, case: str, ours: Sequence[float], theirs: Sequence[float]) -> None:
        """Our baseline beside another implementation of it, both raw: ours should not be more than a tenth slower."""
        ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
        verdict = "within 10%" if ratio <= 1.1 else "SLOWER THAN THE CEILING"
        self.say(f"{case}: baseline {median(ours) * 1e6:.1f} us, ceiling {median(theirs) * 1e6:.1f} us, {ratio:.2f}x: {verdict}")

    def proof(self, name: str, *, holds: bool, text: str) -> None:
        """A figure that either holds or does not: its goal is its floor."""
        self.say(f"{name}: {text}")
        if name not in self.worst or not holds:
            self.worst[name] = (0.0, f"{name} {text}: {'goal met' if holds else 'below floor'}")

    def summary(self) -> bool:
        """Print a line for each figure. Says whether every one is at its floor or above."""
        print()
        for _badness, line in self.worst.values():
            print(line)
        return not any(line.endswith("below floor") for _badness, line in self.worst.values())


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}" if value < 10 else f"{value:.1f}"
