"""The optional cells of a line: what cannot be read of them changes nothing, and is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clinic.domain.errors import InvalidInput
from clinic.usecases.imports.columns import ImportRow
from clinic.usecases.imports.outcome import ImportOutcome

LONGEST_SHOWN = 60


class OptionalCells:
    """Reads the optional cells of a line, which stands for something that is here already, or for something new.

    `stored` tells what is here of a field, in words; None for something new.
    """

    def __init__(self, row: ImportRow, outcome: ImportOutcome, stored: Callable[[str], str] | None) -> None:
        self._row, self._outcome, self._stored = row, outcome, stored

    def read(self, field: str, reading: Callable[[], Any], *, instead: str = "") -> dict[str, Any]:
        """Read a cell -> {field: what it says}. Empty when the file has no such column, or the cell cannot be read.

        `reading` raises InvalidInput for what cannot be read. The remark about it ends with what becomes of the field:
        `instead`, unless it is left out or stays as it is.
        """
        if field not in self._row:
            return {}
        try:
            return {field: reading()}
        except InvalidInput as wrong:
            self.remark(field, f"{wrong.message} {instead or self._left(field)}")
            return {}

    def text(self, field: str, longest: int) -> dict[str, str]:
        """Read a cell of words, as `read` does."""
        return self.read(field, lambda: self._row.text(field, longest))

    def remark(self, field: str, said: str) -> None:
        """Remark upon the cell of a field."""
        self._outcome.remark(self._row.number, f"Column “{self._row.column(field)[:40]}”: {said}")

    def _left(self, field: str) -> str:
        here = self._stored(field) if self._stored else ""
        if not here:
            return "It was left out."
        return f"The stored “{here[:LONGEST_SHOWN]}{'…' if len(here) > LONGEST_SHOWN else ''}” stays."
