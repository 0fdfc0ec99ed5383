"""What patients tell the clinic before a visit: sealed, so that the database alone cannot read it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from clinic.store.base import Key, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sealed_answers",
        sa.Column("appointment_id", Key, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind in ('questions', 'pathway')", name=op.f("ck_sealed_answers_kind")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name="fk_sealed_answers_appointment_id_appointment"),
        sa.PrimaryKeyConstraint("appointment_id", "kind", name="pk_sealed_answers"),
    )
    op.create_table(
        "seal",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_seal_only")),
        sa.PrimaryKeyConstraint("id", name="pk_seal"),
    )


def downgrade() -> None:
    op.drop_table("seal")
    op.drop_table("sealed_answers")
