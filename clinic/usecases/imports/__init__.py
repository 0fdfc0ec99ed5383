"""Locations, specialists and shifts from CSV files: checked line by line, updated by a stable key, written in one commit."""

from __future__ import annotations

from clinic.adapters.csv_files import CsvFile, UnreadableFile, read_csv
from clinic.usecases.imports.locations import import_locations
from clinic.usecases.imports.outcome import ImportOutcome, Remark, TouchedVisit
from clinic.usecases.imports.shifts import import_shifts
from clinic.usecases.imports.specialists import import_specialists

__all__ = [
    "CsvFile",
    "ImportOutcome",
    "Remark",
    "TouchedVisit",
    "UnreadableFile",
    "import_locations",
    "import_shifts",
    "import_specialists",
    "read_csv",
]
