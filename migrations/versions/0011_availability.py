"""Changes of availability on record, so that they can be told and taken back; private calendar feeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from clinic.store.base import Key, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster_change",
        sa.Column("id", Key, nullable=False),
        sa.Column("specialist_id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(60), nullable=False),
        sa.Column("edits", sa.Text(), nullable=False),
        sa.Column("undo", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["specialist_id"], ["specialist.id"], name=op.f("fk_roster_change_specialist_id_specialist")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_change")),
    )
    op.create_index("ix_roster_change_specialist", "roster_change", ["specialist_id", "id"])
    op.create_table(
        "calendar_feed",
        sa.Column("specialist_id", Key, autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["specialist_id"], ["specialist.id"], name=op.f("fk_calendar_feed_specialist_id_specialist")),
        sa.PrimaryKeyConstraint("specialist_id", name=op.f("pk_calendar_feed")),
    )


def downgrade() -> None:
    op.drop_table("calendar_feed")
    op.drop_table("roster_change")
