"""Find: a place, the openings near it, the days of a clinic or a specialist."""

from clinic.engine.search.candidates import Order
from clinic.usecases.find.days import Days, OpeningsOfDay, days_of
from clinic.usecases.find.first import first_times
from clinic.usecases.find.near import OpeningsNear, Overview, find_place, openings_near, overview
from clinic.usecases.find.people import people_at, refused
from clinic.usecases.find.suggest import suggest
from clinic.usecases.find.wanted import MOST_OPENINGS, WIDEST_MILES, Wanted, visit_for

__all__ = [
    "MOST_OPENINGS",
    "WIDEST_MILES",
    "Days",
    "OpeningsNear",
    "OpeningsOfDay",
    "Order",
    "Overview",
    "Wanted",
    "days_of",
    "find_place",
    "first_times",
    "openings_near",
    "overview",
    "people_at",
    "refused",
    "suggest",
    "visit_for",
]  # fmt: skip
