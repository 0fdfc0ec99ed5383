"""Files as people have them, and files of which nothing may be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinic.adapters.csv_files import CsvFile, UnreadableFile, parse_csv, read_csv

TEXT = "name,city\nClínica Núñez,Orlando\nClinic 2,Tampa\n"
ROWS = [("Clínica Núñez", "Orlando"), ("Clinic 2", "Tampa")]


def cells(file: CsvFile) -> list[tuple[str, ...]]:
    return [line.cells for line in file.lines]


@pytest.mark.parametrize(
    ("encoding", "found", "guessed"),
    [
        ("utf-8", "utf-8", False),
        ("utf-8-sig", "utf-8", False),
        ("cp1252", "cp1252", True),
        ("latin-1", "cp1252", True),
        ("utf-16", "utf-16", False),
        ("utf-16-le", "utf-16-le", True),
        ("utf-16-be", "utf-16-be", True),
    ],
)
def test_the_encoding_is_found(encoding: str, found: str, guessed: bool) -> None:
    file = parse_csv(TEXT.encode(encoding))
    assert (file.header, cells(file), file.encoding, file.guessed) == (("name", "city"), ROWS, found, guessed)


def test_a_file_is_known_by_the_hash_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "sites.csv").write_bytes(b"\xef\xbb\xbfname\r\nA\r\n")
    expected = "3b120536629900603857decf6a22d433892c347c204e84812e2d5bd39fb77624"
    assert read_csv(tmp_path / "sites.csv").sha256 == expected


def test_a_named_encoding_is_believed() -> None:
    assert cells(parse_csv(TEXT.encode("mac-roman"), encoding="mac-roman")) == ROWS
    assert cells(parse_csv(TEXT.encode("utf-8-sig"), encoding="UTF-8")) == ROWS


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_ends_of_lines(delimiter: str, end: str) -> None:
    text = delimiter.join(["name", '"a, b; c"', "city"]) + end + delimiter.join([" x ", '"1, 2; 3"', "y"]) + end
    file = parse_csv(text.encode())
    assert file.header == ("name", "a, b; c", "city")
    assert cells(file) == [("x", "1, 2; 3", "y")]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    file = parse_csv(b'name,note\n\nA,"two\nlines"\n,\nB,""\n')
    assert [(line.number, line.cells) for line in file.lines] == [(3, ("A", "two\nlines")), (6, ("B", ""))]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty."),
        (b" \r\n\t\n", "The file is empty."),
        (b"\xef\xbb\xbf\n", "The file holds no text."),
        (b"name,city\n", "a header line and nothing below it"),
        (b"name,city\n,\n\n", "a header line and nothing below it"),
        (b'name,city\nA,"Orl"ando\n', "The quotes on line 2 do not match."),
        (b'name,city\nA,Tampa\nB,"Orlando\nC,Miami\n', "A quote that opens on line 3 is never closed."),
        (b'name\n"' + b"x" * 140_000 + b'"\n', "A cell that begins on line 2 has more than 131,072 characters."),
        ("name\nNúñez\n".encode() + "Núñez\n".encode("latin-1"), "The file mixes encodings: line 3 is not UTF-8"),
        (b"name\nok\nN\x81\x8d\n", "Line 3 is neither UTF-8 nor Windows-1252."),
        (b"\xff\xfen\x00a\x00m\x00e\x00\n\x00x", "is not utf-16."),
    ],
)
def test_of_an_unreadable_file_nothing_is_read(data: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile, match=r".\. .") as refused:
        parse_csv(data)
    assert said in refused.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "utf-32"])
def test_a_file_that_is_not_what_was_said(encoding: str) -> None:
    with pytest.raises(UnreadableFile, match="--encoding"):
        parse_csv(TEXT.encode("latin-1"), encoding=encoding)


@pytest.mark.parametrize("encoding", ["rot13", "hex", "nonsense", "utf-8\0"])
def test_what_is_no_encoding(encoding: str) -> None:
    with pytest.raises(UnreadableFile, match="is not an encoding"):
        parse_csv(b"a\nb\n", encoding=encoding)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(UnreadableFile, match="cannot be opened"):
            read_csv(path)
