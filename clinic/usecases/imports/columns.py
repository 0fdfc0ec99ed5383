"""Which column of a file holds what, and the cells of one line read and checked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clinic.adapters.csv_files import CsvFile, CsvLine
from clinic.domain.errors import InvalidInput
from clinic.domain.geography.gazetteer import words_of

FORMULA_STARTS = "=+-@"
_EXCEL_TEXT = re.compile(r'="([^"]*)"')
"""How spreadsheets are told that a cell is no number: ="00907"."""


@dataclass(frozen=True, slots=True)
class Field:
    """Something a file may tell. Its column is found by `name` or one of `also`, whatever the capitals and the spacing."""

    name: str
    also: tuple[str, ...] = ()
    required: bool = False


def columns_of(file: CsvFile, fields: Sequence[Field], mapping: Mapping[str, str]) -> dict[str, int]:
    """Field -> column. `mapping` names columns outright. Raises InvalidInput for what is missing, unknown or there twice."""
    known = {field.name for field in fields}
    if unknown := sorted(set(mapping) - known):
        raise InvalidInput({"map": f"There is no field “{unknown[0][:40]}”. The fields are: {', '.join(sorted(known))}."})
    header = [_plain(cell) for cell in file.header]
    found: dict[str, int] = {}
    for field in fields:
        wanted = [mapping[field.name]] if field.name in mapping else [field.name, *field.also]
        name = next((_plain(name) for name in wanted if _plain(name) in header), None)
        if name is None:
            if field.name in mapping or field.required:
                raise InvalidInput({"columns": _missing(field.name, mapping.get(field.name), file.header)})
            continue
        if header.count(name) > 1:
            column = file.header[header.index(name)]
            raise InvalidInput(
                {"columns": f"Two columns are called “{column[:40]}”. Rename one, so that it is clear which is meant."}
            )
        found[field.name] = header.index(name)
    return found


def _missing(field: str, asked: str | None, header: Sequence[str]) -> str:
    columns = ", ".join(cell[:40] or "(no name)" for cell in header[:30])
    if asked is not None:
        return f"There is no column “{asked[:40]}”. The columns are: {columns}."
    return f"There is no column for {field}. The columns are: {columns}. Name the right one with --map {field}=COLUMN."


def _plain(name: str) -> str:
    return "_".join(words_of(name))


class ImportRow:
    """One line by field. Every reader raises InvalidInput with a sentence about the cell."""

    def __init__(self, line: CsvLine, columns: Mapping[str, int], header: Sequence[str]) -> None:
        width = len(header)
        if len(line.cells) != width:
            more = "A comma inside a cell needs quotes around the cell." if len(line.cells) > width else "Some are missing."
            raise InvalidInput({"line": f"It has {len(line.cells)} cells and the header has {width}. {more}"})
        self.number = line.number
        self._line, self._columns, self._header = line, columns, header

    def __contains__(self, field: str) -> bool:
        return field in self._columns

    def raw(self, field: str) -> str:
        """The cell as it is; empty when the file has no such column."""
        if field not in self._columns:
            return ""
        cell = self._line.cells[self._columns[field]]
        return marked[1].strip() if (marked := _EXCEL_TEXT.fullmatch(cell)) else cell

    def column(self, field: str) -> str:
        """What the file calls the column."""
        return self._header[self._columns[field]]

    def text(self, field: str, longest: int, *, required: bool = False) -> str:
        """A cell of words: one line, printable, no formula."""
        value = unicodedata.normalize("NFC", " ".join(self.raw(field).split()))
        name = field.replace("_", " ")
        if not value and required:
            raise InvalidInput({field: f"The {name} is empty. Every line needs one."})
        if any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") for character in value):
            raise InvalidInput({field: f"The {name} holds a character that cannot be printed. Type it again."})
        if value[:1] and value[0] in FORMULA_STARTS:
            raise InvalidInput({field: f"The {name} begins with “{value[0]}”, as a formula does. Write it as plain text."})
        if len(value) > longest:
            raise InvalidInput({field: f"The {name} has {len(value):,} characters. Shorten it to {longest}."})
        return value
