"""What the caller is looking for: a place, a kind of visit, and their wishes in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clinic.domain.errors import DomainError, InvalidInput, PlaceAmbiguous, PlaceUnknown
from clinic.usecases import desk, directory, find
from clinic.usecases.desk import DeskSearch, Offers, Record
from clinic.web.context import now, parts, session
from clinic.web.fields import read_number


@dataclass(frozen=True, slots=True)
class SearchPanel:
    """What stands in the search, what was found, and what is wrong with it. `kinds`: (service, its visits as (value, words))."""

    kinds: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    values: Mapping[str, str]
    offers: Offers | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()

    @property
    def kind_of(self) -> dict[str, str]:
        """A visit type's slug -> what chooses it here."""
        return {value.partition("/")[2]: value for _, visits in self.kinds for value, _ in visits}


def search(asked: Mapping[str, str], record: Record | None) -> SearchPanel:
    """What the address asks for; the place is the patient's own ZIP code unless another was typed."""
    kinds = _kinds()
    moved = visit_to_move(asked, record)
    values = {"near": (record.postal_code if record else None) or "", "kind": "", "said": "", **asked}
    if not asked.get("kind"):
        return SearchPanel(kinds, values)
    service, _, visit = values["kind"].partition("/")
    if not values["near"]:
        return SearchPanel(kinds, values, wrong={"near": "Ask where the patient wants to be seen: a ZIP code or a city."})
    wanted = DeskSearch(
        service=service, visit_type=visit or None, line=values["said"], own_appointment_id=moved.appointment_id if moved else None
    )  # fmt: skip
    try:
        place = find.find_place(session(), values["near"], geocode=parts().geocode)
        return SearchPanel(kinds, values, desk.offers(session(), place, wanted, now=now()))
    except PlaceAmbiguous as refused:
        return SearchPanel(kinds, values, wrong={"near": refused.message}, choices=refused.choices)
    except PlaceUnknown as refused:
        return SearchPanel(kinds, values, wrong={"near": refused.message}, choices=refused.suggestions)
    except InvalidInput as refused:
        return SearchPanel(kinds, values, wrong=_on_fields(refused.fields))
    except DomainError as refused:
        return SearchPanel(kinds, values, wrong={"kind": refused.message})


def visit_to_move(asked: Mapping[str, str], record: Record | None) -> Any:
    """The coming visit that is being moved; None when none is, or it is not this patient's."""
    number = read_number(asked.get("move"))
    return next((one for one in record.coming if one.appointment_id == number), None) if record and number else None


def _on_fields(wrong: Mapping[str, str]) -> dict[str, str]:
    return {("kind" if name == "visit_type" else name): sentence for name, sentence in wrong.items()}


def _kinds() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every kind of visit, those that patients cannot book themselves too."""
    return [
        (
            service.name,
            [
                (f"{service.slug}/{visit.slug}", f"{_named(service.name, visit.name)}, {visit.minutes} min")
                for visit in service.visit_types
            ],
        )
        for service in directory.services(session())
    ]  # fmt: skip


def _named(service: str, visit: str) -> str:
    """With the service's name in front where the visit's own does not say it: it is found by typing."""
    return visit if visit.casefold().startswith(service.casefold()) else f"{service}: {visit}"
