"""What the patients' pages add: how to arrive and prepare, what is said with a booking, answers on their way to one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from clinic.store.base import Key, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ARRIVING = ("parking", "access", "plans")


def upgrade() -> None:
    # Added column by column: a batch rebuild on SQLite would drop the triggers.
    for name in ARRIVING:
        op.add_column("location", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("visit_type", sa.Column("preparation", sa.Text(), nullable=False, server_default=""))
    op.add_column("appointment", sa.Column("earlier_wanted_at", UtcDateTime(), nullable=True))
    op.create_table(
        "intake",
        sa.Column(
            "appointment_id", Key, sa.ForeignKey("appointment.id", name=op.f("fk_intake_appointment_id_appointment")),
            nullable=False,
        ),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("interpreter", sa.Boolean(), nullable=False),
        sa.Column("access_needs", sa.Text(), nullable=True),
        sa.Column("insurer", sa.String(120), nullable=True),
        sa.Column("texts_consented_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_intake")),
    )  # fmt: skip
    op.create_table(
        "draft",
        sa.Column(
            "appointment_id", Key, sa.ForeignKey("appointment.id", name=op.f("fk_draft_appointment_id_appointment")),
            nullable=False,
        ),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_draft")),
    )  # fmt: skip
    op.create_index(op.f("ix_draft_saved_at"), "draft", ["saved_at"])


def downgrade() -> None:
    op.drop_table("draft")
    op.drop_table("intake")
    op.drop_column("appointment", "earlier_wanted_at")
    op.drop_column("visit_type", "preparation")
    for name in reversed(ARRIVING):
        op.drop_column("location", name)
