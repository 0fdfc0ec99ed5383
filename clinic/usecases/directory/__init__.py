"""The directory: clinics, services and specialists as anybody may read them. A constant number of queries each."""

from clinic.usecases.directory.cards import (
    ClosedStretch,
    Listed,
    LocationCard,
    LocationPage,
    OpenTime,
    ServiceCard,
    SpecialDay,
    SpecialistCard,
    VisitCard,
    WeekDay,
)
from clinic.usecases.directory.clinics import clinics_by_state, get_location, locations, locations_by_slug
from clinic.usecases.directory.open_now import OpeningState, opening_states
from clinic.usecases.directory.people import get_specialist, specialists
from clinic.usecases.directory.services import get_service, services

__all__ = [
    "ClosedStretch", "Listed", "LocationCard", "LocationPage", "OpenTime", "OpeningState", "ServiceCard", "SpecialDay",
    "SpecialistCard", "VisitCard", "WeekDay", "clinics_by_state", "get_location", "get_service", "get_specialist", "locations",
    "locations_by_slug", "opening_states", "services", "specialists",
]  # fmt: skip
