"""The day of a visit, and who works on a task."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from clinic.store.base import Key, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BY_STAFF = "substr(actor, 1, 8) = 'account:'"
OF_THE_DAY = ("arrived_at", "started_at", "finished_at")


def upgrade() -> None:
    for name in OF_THE_DAY:
        op.add_column("appointment", sa.Column(name, UtcDateTime(), nullable=True))
    _index("ix_appointment_location", "appointment", ["location_id", "start_at"], "patient_id is not null")
    with op.batch_alter_table("task") as task:
        task.add_column(sa.Column("location_id", Key, nullable=True))
        task.add_column(sa.Column("due_at", UtcDateTime(), nullable=True))
        task.add_column(sa.Column("claimed_by_id", sa.BigInteger(), nullable=True))
        task.add_column(sa.Column("claimed_at", UtcDateTime(), nullable=True))
        task.add_column(sa.Column("note", sa.Text(), nullable=False, server_default=""))
        task.add_column(sa.Column("done_by_id", sa.BigInteger(), nullable=True))
        task.create_foreign_key(op.f("fk_task_location_id_location"), "location", ["location_id"], ["id"])
    _index("ix_audit_actor", "audit", ["actor", "id"], BY_STAFF)
    _index("ix_audit_patient", "audit", ["patient_id", "id"], BY_STAFF)


def _index(name: str, table: str, columns: list[str], only: str) -> None:
    op.create_index(name, table, columns, postgresql_where=sa.text(only), sqlite_where=sa.text(only))


def downgrade() -> None:
    op.drop_index("ix_audit_patient", "audit")
    op.drop_index("ix_audit_actor", "audit")
    with op.batch_alter_table("task") as task:
        task.drop_constraint(op.f("fk_task_location_id_location"), type_="foreignkey")
        for name in ("done_by_id", "note", "claimed_at", "claimed_by_id", "due_at", "location_id"):
            task.drop_column(name)
    op.drop_index("ix_appointment_location", "appointment")
    for name in reversed(OF_THE_DAY):
        op.drop_column("appointment", name)
