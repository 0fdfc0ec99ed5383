"""`python -m benchmarks [P1 P3 …]`. QUICK=1: a short run. CEILINGS=folder: hold the baselines against those in it."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.ceilings import Ceilings
from benchmarks.databases import Databases
from benchmarks.measure import QUICK
from benchmarks.report import Report

FIGURES = {
    "P1": "p1_listing",
    "P2": "p2_listing_from_database",
    "P3": "p3_soonest",
    "P4": "p4_growth",
    "P5": "p5_booking",
    "P6": "p6_booking_over_http",
    "P7": "p7_races",
    "P8": "p8_sqlite",
    "P9": "p9_results_page",
    "P10": "p10_booking_beside_outbox",
    "P11": "p11_feed",
    "P12": "p12_desk_search",
}


def main(wanted: list[str]) -> int:
    unknown = [name for name in wanted if name.upper() not in FIGURES]
    if unknown:
        print(f"There is no figure {unknown[0]}. Choose from: {' '.join(FIGURES)}.", file=sys.stderr)
        return 2
    chosen = [name.upper() for name in wanted] or list(FIGURES)
    report, began = Report(), time.monotonic()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clinic-bench-")))
        databases = Databases(home, stack)
        ceilings = None
        if folder := os.environ.get("CEILINGS"):
            ceilings = Ceilings(Path(folder).resolve(), databases.socket, home / "ceilings.sqlite")
        for name in chosen:
            importlib.import_module(f"benchmarks.{FIGURES[name]}").run(report, databases, ceilings)
    met = report.summary()
    print(f"{'A quick' if QUICK else 'The whole'} run of {time.monotonic() - began:.0f} s.")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
