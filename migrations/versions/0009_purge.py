"""What points at a visit or a patient is found by it: a purge asks for each one that goes, and nobody waits for long."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_task_appointment": ("task", "appointment_id"),
    "ix_task_patient": ("task", "patient_id"),
    "ix_task_other_patient": ("task", "other_patient_id"),
    "ix_freed_time_hold": ("freed_time", "hold_id"),
    "ix_waitlist_entry_visit": ("waitlist_entry", "appointment_id"),
    "ix_idempotency_key_appointment": ("idempotency_key", "appointment_id"),
}


def upgrade() -> None:
    for name, (table, column) in INDEXES.items():
        op.create_index(name, table, [column])


def downgrade() -> None:
    for name, (table, _) in reversed(INDEXES.items()):
        op.drop_index(name, table_name=table)
