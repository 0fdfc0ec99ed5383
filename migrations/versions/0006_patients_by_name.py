"""Patients who share a birth date and a name are found by both: thousands are born on one day."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_patient_name", "patient", ["birth_date", "match_name"])


def downgrade() -> None:
    op.drop_index("ix_patient_name", table_name="patient")
