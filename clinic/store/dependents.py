"""What hangs on a patient, and what on an appointment: one list for merging and for purging. A test walks every foreign key.

A table that is new and points at one of them needs a row here; what is here decides what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from clinic.store import tables  # noqa: F401 (they are all there)
from clinic.store.base import Base

Purge = Literal["keeps", "goes", "goes with its message"]


@dataclass(frozen=True, slots=True)
class Dependent:
    """A column that names a patient or an appointment.

    `purge`: a row that "keeps" what it names from being purged, or "goes" with it; messages go first, with their tasks.
    `merge`: a row that names another patient once two records are one; otherwise it goes on naming the record that went, as
    history does.
    """

    name: str
    purge: Purge
    merge: bool = False

    @property
    def column(self) -> Any:
        table, _, column = self.name.partition(".")
        return Base.metadata.tables[table].c[column]


OF_PATIENT = (
    Dependent("appointment.patient_id", "keeps", merge=True),
    Dependent("task.patient_id", "keeps", merge=True),
    Dependent("task.other_patient_id", "keeps", merge=True),
    Dependent("call.patient_id", "keeps", merge=True),
    Dependent("patient.merged_into_id", "keeps", merge=True),
    Dependent("patient_merge.from_id", "keeps"),
    Dependent("patient_merge.into_id", "keeps"),
)
"""In the order in which they move. Messages, answers and waitlist entries go with their visits."""

OF_APPOINTMENT = (
    Dependent("claim.appointment_id", "goes"),
    Dependent("draft.appointment_id", "goes"),
    Dependent("intake.appointment_id", "goes"),
    Dependent("sealed_answers.appointment_id", "goes"),
    Dependent("guardian.appointment_id", "goes"),
    Dependent("idempotency_key.appointment_id", "goes"),
    Dependent("task.appointment_id", "goes"),
    Dependent("call_visit.appointment_id", "goes"),
    Dependent("delivery.appointment_id", "goes with its message"),
    Dependent("outbox.appointment_id", "goes with its message"),
    Dependent("freed_time.hold_id", "keeps"),
    Dependent("time_offer.hold_id", "keeps"),
    Dependent("waitlist_entry.appointment_id", "keeps"),
    Dependent("call.visit_id", "keeps"),
)
"""In the order in which they go."""
