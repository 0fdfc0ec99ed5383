"""The least that could answer over HTTP: Jinja pages of twenty cards and of a hundred rows, and a POST that inserts one row.

The row goes through SQLAlchemy into the same PostgreSQL. Served by the product's own gunicorn.conf.py; no sessions, forms,
headers, limits or log lines.
"""

from __future__ import annotations

import os
import random
from datetime import timedelta
from itertools import count
from typing import Any

from flask import Flask, jsonify, render_template
from sqlalchemy import create_engine, text

from benchmarks.workload import NOW

app = Flask(__name__)
engine = create_engine(os.environ["CLINIC_DATABASE_URL"], pool_size=5, max_overflow=15)

CARDS = [
    {
        "number": number,
        "name": f"Clinic {number}",
        "miles": number * 1.7,
        "who": f"Dr. No {number}",
        "times": [f"2027-01-{4 + nth:02d}T09:{15 * nth:02d}" for nth in range(3)],
    }
    for number in range(20)
]
ROWS = [
    {
        "number": number,
        "start": NOW + timedelta(hours=number),
        "end": NOW + timedelta(hours=number, minutes=45),
        "summary": "Visit",
        "place": f"Clinic {number % 2 + 1}, 1 Main Street, Orlando, FL 32801",
        "state": "confirmed",
    }
    for number in range(100)
]
PEOPLE = 400
INSERT = text("insert into raw_excluded (specialist_id, during, patient) values (:who, tstzrange(:start, :end), :patient)")

# Each worker inserts its own times: where it begins is drawn when it answers first, after the fork.
_turns: dict[int, tuple[count[int], int]] = {}


@app.get("/page")
def page() -> str:
    return render_template("plain.html", cards=CARDS, place="Springfield")


@app.get("/rows")
def rows() -> str:
    return render_template("rows.html", rows=ROWS)


@app.post("/book")
def book() -> Any:
    numbers, first = _turns.setdefault(os.getpid(), (count(), random.randrange(1_000_000) * 10))
    turn, who = divmod(next(numbers), PEOPLE)
    start = NOW + timedelta(minutes=30 * (first + turn))
    row = {"who": who, "start": start, "end": start + timedelta(minutes=30), "patient": "x"}
    with engine.begin() as connection:
        connection.execute(INSERT, row)
    return jsonify(ok=True)
