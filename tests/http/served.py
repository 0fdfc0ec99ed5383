"""The application as wsgi.py makes it, but for its clock, which is that of the tests that serve it."""

from __future__ import annotations

from clinic.config import load
from clinic.factory import create_app
from tests.clocks import shared_clock

app = create_app(load(), clock=shared_clock())
