"""A call that opens one visit alone, why a visit has to be moved, who looks at a clinic's work list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from clinic.store.base import Key, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("call") as call:
        call.add_column(sa.Column("visit_id", Key, nullable=True))
        call.add_column(sa.Column("looks_paused_until", UtcDateTime(), nullable=True))
        call.create_foreign_key(op.f("fk_call_visit_id_appointment"), "appointment", ["visit_id"], ["id"])
    op.create_index(
        "ix_call_visit", "call", ["visit_id"], postgresql_where=sa.text("visit_id is not null"),
        sqlite_where=sa.text("visit_id is not null"),
    )  # fmt: skip
    op.add_column("patient", sa.Column("phone_missed_at", UtcDateTime(), nullable=True))
    op.add_column("task", sa.Column("cause", sa.String(40), nullable=False, server_default=""))
    _say_causes(op.get_bind())
    op.add_column("outbox", sa.Column("note", sa.Text(), nullable=True))
    op.create_table(
        "work_list_opened",
        sa.Column("location_id", Key, nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_work_list_opened_location_id_location")),
        sa.PrimaryKeyConstraint("location_id", name=op.f("pk_work_list_opened")),
    )


TASK = sa.table("task", sa.column("id"), sa.column("kind"), sa.column("done_at"), sa.column("appointment_id"), sa.column("cause"))
VISIT = sa.table(
    "appointment", sa.column("id"), sa.column("specialist_id"), sa.column("start_at", UtcDateTime()),
    sa.column("end_at", UtcDateTime()),
)  # fmt: skip
AWAY = sa.table("time_off", sa.column("specialist_id"), sa.column("start_cell"), sa.column("end_cell"))
CELL_SECONDS = 300


def _say_causes(connection: sa.Connection) -> None:
    """Of tasks from before: a visit while its specialist is away waits for that, and for the hours; any other for the hours."""
    wanted = sa.select(TASK.c.id, VISIT.c.specialist_id, VISIT.c.start_at, VISIT.c.end_at).join(
        VISIT, VISIT.c.id == TASK.c.appointment_id
    )
    tasks = connection.execute(wanted.where(TASK.c.kind == "affected_visit", TASK.c.done_at.is_(None))).all()
    for task_id, specialist_id, start, end in tasks:
        overlaps = (
            AWAY.c.specialist_id == specialist_id, AWAY.c.start_cell * CELL_SECONDS < end.timestamp(),
            AWAY.c.end_cell * CELL_SECONDS > start.timestamp(),
        )  # fmt: skip
        is_away = connection.execute(sa.select(sa.exists().where(*overlaps))).scalar()
        cause = "away hours" if is_away else "hours"
        connection.execute(sa.update(TASK).where(TASK.c.id == task_id).values(cause=cause))


def downgrade() -> None:
    op.drop_table("work_list_opened")
    op.drop_column("outbox", "note")
    op.drop_column("task", "cause")
    op.drop_column("patient", "phone_missed_at")
    op.drop_index("ix_call_visit", "call")
    with op.batch_alter_table("call") as call:
        call.drop_constraint(op.f("fk_call_visit_id_appointment"), type_="foreignkey")
        call.drop_column("looks_paused_until")
        call.drop_column("visit_id")
