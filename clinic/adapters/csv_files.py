"""CSV files as people have them: whatever the encoding and the delimiter, or a sentence saying what to do.

A file that cannot be read for certain is refused whole, because half of it would be garbage. What is wrong with one line
is for whoever imports it.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinic.domain.errors import InvalidInput

MAX_BYTES = 64 * 1024 * 1024
DELIMITERS = ",;\t|"
_SAMPLE = 4096


class UnreadableFile(InvalidInput):
    """The file as a whole is of no use. Nothing of it was imported."""

    def __init__(self, sentence: str) -> None:
        super().__init__({"file": sentence})


@dataclass(frozen=True, slots=True)
class CsvLine:
    """One record: the line it begins on (the header is line 1), and its cells without surrounding blanks."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file read whole. `guessed` is true when the encoding is a guess that ought to be shown; `sha256` is of its bytes."""

    header: tuple[str, ...]
    lines: tuple[CsvLine, ...]
    encoding: str
    sha256: str
    guessed: bool = False


def read_csv(path: Path, *, encoding: str | None = None) -> CsvFile:
    """Read the file at `path`. Raises UnreadableFile."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UnreadableFile(f"The file has {size / 1e6:,.0f} MB. Split it into files of at most {MAX_BYTES // 2**20} MB.")
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"The file cannot be opened ({error.strerror}). Check its name and that you may read it.") from None
    return parse_csv(data, encoding=encoding)


def parse_csv(data: bytes, *, encoding: str | None = None) -> CsvFile:
    """The same for the content of a file. Lines without any text are left out."""
    if not data.strip():
        raise UnreadableFile("The file is empty. Save it again with a header line and the data below it.")
    text, used, guessed = _decoded(data, encoding)
    records = list(_records(text, _delimiter(text)))
    if not records:
        raise UnreadableFile("The file holds no text. Save it again with a header line and the data below it.")
    header, *lines = records
    if not lines:
        raise UnreadableFile("The file has a header line and nothing below it. Save it again with its data.")
    return CsvFile(header.cells, tuple(lines), used, hashlib.sha256(data).hexdigest(), guessed)


def _decoded(data: bytes, encoding: str | None) -> tuple[str, str, bool]:
    """(text, encoding, whether it is a guess)."""
    if encoding:
        return _strictly(data, _known(encoding)), encoding, False
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strictly(data, "utf-16"), "utf-16", False
    if silent := _utf16_without_mark(data):
        return _strictly(data, silent), silent, True
    try:
        return data.decode("utf-8-sig"), "utf-8", False
    except UnicodeDecodeError as error:
        return _as_windows(data, error), "cp1252", True


def _known(encoding: str) -> str:
    try:
        "x".encode(encoding)  # refuses rot13 and its like, too, which codecs.lookup knows
    except (LookupError, ValueError):
        raise UnreadableFile(f"“{encoding[:40]}” is not an encoding. Use utf-8, cp1252, latin-1 or utf-16.") from None
    name = codecs.lookup(encoding).name
    return "utf-8-sig" if name == "utf-8" else name


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"Line {_line_at(data, error.start)} is not {encoding}. Save the file as UTF-8, or name its encoding with --encoding."
        ) from None


def _utf16_without_mark(data: bytes) -> str | None:
    """utf-16 shows by every other byte being zero."""
    sample = data[:_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    enough = len(sample) // 5
    if odd > enough and not even:
        return "utf-16-le"
    return "utf-16-be" if even > enough and not odd else None


def _as_windows(data: bytes, error: UnicodeDecodeError) -> str:
    """Windows-1252, unless that cannot be: its five unused bytes occur, or parts of the file are UTF-8 after all."""
    line = _line_at(data, error.start)
    if any(ord(c) > 127 and not 0xDC80 <= ord(c) <= 0xDCFF for c in data.decode("utf-8", "surrogateescape")):
        raise UnreadableFile(f"The file mixes encodings: line {line} is not UTF-8, other lines are. Save it again as UTF-8.")
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        raise UnreadableFile(
            f"Line {line} is neither UTF-8 nor Windows-1252. Save the file as UTF-8, or name its encoding with --encoding."
        ) from None


def _line_at(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _delimiter(text: str) -> str:
    """The one that occurs most in the first line, outside quotes."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def _records(text: str, delimiter: str) -> Iterator[CsvLine]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    while True:
        try:
            cells: Sequence[str] = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableFile(_malformed(str(error), begins)) from None
        if any(cell.strip() for cell in cells):
            yield CsvLine(begins, tuple(cell.strip(" \t\r\n\u00a0") for cell in cells))
        begins = reader.line_num + 1


def _malformed(error: str, line: int) -> str:
    if "field larger" in error:
        return f"A cell that begins on line {line} has more than 131,072 characters. A quote there is probably never closed."
    if "unexpected end" in error:
        return f"A quote that opens on line {line} is never closed. Close it, or write a quote inside a cell twice."
    return f"The quotes on line {line} do not match. Put the whole cell in quotes, and write a quote inside it twice."
