"""The directory: clinics, services and specialists as anybody may read them. A constant number of queries each."""

from clinic.usecases.directory.cards import (
    ClosedStretch,
    ListedWorkplace,
    LocationCard,
    LocationPage,
    Neighbor,
    OpenTime,
    PageLink,
    ServiceCard,
    SpecialDay,
    SpecialistCard,
    SpecialistPage,
    VisitCard,
    WeekDay,
    card_of,
)
from clinic.usecases.directory.clinics import clinics_by_state, get_location, locations, neighbors
from clinic.usecases.directory.open_now import OpeningState, closed_on, opening_states, states_of
from clinic.usecases.directory.people import get_specialist, get_specialist_page, specialists
from clinic.usecases.directory.public import Public, everything_public
from clinic.usecases.directory.services import get_service, services

__all__ = [
    "ClosedStretch",
    "ListedWorkplace",
    "LocationCard",
    "LocationPage",
    "Neighbor",
    "OpenTime",
    "OpeningState",
    "PageLink",
    "Public",
    "ServiceCard",
    "SpecialDay",
    "SpecialistCard",
    "SpecialistPage",
    "VisitCard",
    "WeekDay",
    "card_of",
    "clinics_by_state",
    "closed_on",
    "everything_public",
    "get_location",
    "get_service",
    "get_specialist",
    "get_specialist_page",
    "locations",
    "neighbors",
    "opening_states",
    "services",
    "specialists",
    "states_of",
]  # fmt: skip
