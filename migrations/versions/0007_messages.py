"""Messages by channel, the waitlist with its offers, seals over the audit rows; audit rows point at nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from clinic.store.base import Key, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WAITS = sa.text("ended_at is null")
OPEN = sa.text("done_at is null")


def upgrade() -> None:
    # Added column by column: a batch rebuild on SQLite would drop the triggers.
    op.add_column("appointment", sa.Column("confirmed_at", UtcDateTime(), nullable=True))
    op.add_column("intake", sa.Column("reminders_stopped_at", UtcDateTime(), nullable=True))
    op.add_column("visit_type", sa.Column("reminders", sa.String(20), nullable=False, server_default="7 2 0"))
    op.add_column("visit_type", sa.Column("prepare_days", sa.Integer(), nullable=True))
    op.create_table(
        "waitlist_entry",
        sa.Column("id", Key, nullable=False),
        _points("waitlist_entry", "appointment"),
        _points("waitlist_entry", "visit_type", nullable=False),
        sa.Column("said", sa.Text(), nullable=True),
        _points("waitlist_entry", "location"),
        sa.Column("near", sa.String(80), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("miles", sa.Integer(), nullable=True),
        _points("waitlist_entry", "specialist"),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("notice_hours", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("end_reason", sa.String(12), nullable=True),
        sa.CheckConstraint("appointment_id is not null or said is not null", name=op.f("ck_waitlist_entry_somebody")),
        sa.CheckConstraint("end_reason in ('booked', 'left', 'over')", name=op.f("ck_waitlist_entry_end_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_entry")),
    )
    op.create_index(
        "uq_waitlist_entry_visit", "waitlist_entry", ["appointment_id"], unique=True,
        postgresql_where=WAITS, sqlite_where=WAITS,
    )  # fmt: skip
    op.create_index(
        "ix_waitlist_entry_waiting", "waitlist_entry", ["visit_type_id", "created_at"],
        postgresql_where=WAITS, sqlite_where=WAITS,
    )  # fmt: skip
    op.create_table(
        "freed_time",
        sa.Column("id", Key, nullable=False),
        _points("freed_time", "specialist", nullable=False),
        _points("freed_time", "location", nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("cause", sa.String(20), nullable=False),
        sa.Column("freed_at", UtcDateTime(), nullable=False),
        sa.Column("look_at", UtcDateTime(), nullable=False),
        _points("freed_time", "appointment", "hold_id"),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("cause in ('cancelled', 'moved', 'missed', 'hours')", name=op.f("ck_freed_time_cause")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freed_time")),
    )
    op.create_index("ix_freed_time_look", "freed_time", ["look_at"], postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_table(
        "time_offer",
        sa.Column("id", Key, nullable=False),
        _points("time_offer", "waitlist_entry", "entry_id", nullable=False),
        _points("time_offer", "freed_time", "freed_id", nullable=False),
        _points("time_offer", "appointment", "hold_id", nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state in ('open', 'accepted', 'declined', 'lapsed', 'passed')", name=op.f("ck_time_offer_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_offer")),
    )
    op.create_index("uq_time_offer_once", "time_offer", ["freed_id", "entry_id"], unique=True)
    op.create_index("ix_time_offer_hold", "time_offer", ["hold_id"])
    op.create_index("ix_time_offer_entry", "time_offer", ["entry_id"])
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("appointment_id", existing_type=Key, nullable=True)
        outbox.add_column(sa.Column("entry_id", Key, nullable=True))
        outbox.create_foreign_key("fk_outbox_entry_id_waitlist_entry", "waitlist_entry", ["entry_id"], ["id"])
        outbox.create_index("ix_outbox_entry", ["entry_id"])
    op.create_table(
        "delivery",
        sa.Column("id", Key, nullable=False),
        _points("delivery", "outbox", nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        _points("delivery", "appointment"),
        sa.Column("recipient", sa.String(254), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_tried_at", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(8), nullable=True),
        sa.Column("detail", sa.String(40), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.CheckConstraint("channel in ('mail', 'text', 'letter')", name=op.f("ck_delivery_channel")),
        sa.CheckConstraint("outcome in ('sent', 'failed', 'dropped', 'letter')", name=op.f("ck_delivery_outcome")),
        sa.CheckConstraint("(done_at is null) = (outcome is null)", name=op.f("ck_delivery_ended")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index("uq_delivery_channel", "delivery", ["outbox_id", "channel"], unique=True)
    op.create_index("ix_delivery_next", "delivery", ["next_at"], postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index("ix_delivery_appointment", "delivery", ["appointment_id"])
    op.create_index("ix_delivery_done", "delivery", ["done_at"])
    with op.batch_alter_table("task") as task:
        task.add_column(sa.Column("delivery_id", Key, nullable=True))
        task.add_column(sa.Column("offer_id", Key, nullable=True))
        task.create_foreign_key("fk_task_delivery_id_delivery", "delivery", ["delivery_id"], ["id"])
        task.create_foreign_key("fk_task_offer_id_time_offer", "time_offer", ["offer_id"], ["id"])
        task.create_index("uq_task_delivery", ["delivery_id"], unique=True)
        task.create_index("uq_task_offer", ["offer_id"], unique=True)
    op.create_index("ix_task_open", "task", ["kind"], postgresql_where=OPEN, sqlite_where=OPEN)
    with op.batch_alter_table("audit") as audit:
        audit.drop_constraint("fk_audit_appointment_id_appointment", type_="foreignkey")
        audit.drop_constraint("fk_audit_patient_id_patient", type_="foreignkey")
        if op.get_bind().dialect.name == "sqlite":  # numbers now, no references: the type says so, too
            audit.alter_column("appointment_id", existing_type=Key, type_=sa.BigInteger())
            audit.alter_column("patient_id", existing_type=Key, type_=sa.BigInteger())
    op.create_table(
        "audit_seal",
        sa.Column("audit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("sealed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit_seal")),
    )


def downgrade() -> None:
    op.drop_table("audit_seal")
    with op.batch_alter_table("audit") as audit:
        if op.get_bind().dialect.name == "sqlite":
            audit.alter_column("appointment_id", existing_type=sa.BigInteger(), type_=Key)
            audit.alter_column("patient_id", existing_type=sa.BigInteger(), type_=Key)
        audit.create_foreign_key("fk_audit_appointment_id_appointment", "appointment", ["appointment_id"], ["id"])
        audit.create_foreign_key("fk_audit_patient_id_patient", "patient", ["patient_id"], ["id"])
    op.drop_index("ix_task_open", table_name="task")
    with op.batch_alter_table("task") as task:
        task.drop_index("uq_task_offer")
        task.drop_index("uq_task_delivery")
        task.drop_constraint("fk_task_offer_id_time_offer", type_="foreignkey")
        task.drop_constraint("fk_task_delivery_id_delivery", type_="foreignkey")
        task.drop_column("offer_id")
        task.drop_column("delivery_id")
    op.drop_table("delivery")
    op.execute("delete from outbox where appointment_id is null")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_index("ix_outbox_entry")
        outbox.drop_constraint("fk_outbox_entry_id_waitlist_entry", type_="foreignkey")
        outbox.drop_column("entry_id")
        outbox.alter_column("appointment_id", existing_type=Key, nullable=False)
    op.drop_table("time_offer")
    op.drop_table("freed_time")
    op.drop_table("waitlist_entry")
    op.drop_column("visit_type", "prepare_days")
    op.drop_column("visit_type", "reminders")
    op.drop_column("intake", "reminders_stopped_at")
    op.drop_column("appointment", "confirmed_at")


def _points(table: str, target: str, name: str | None = None, *, nullable: bool = True) -> sa.Column[int]:
    column = name or f"{target}_id"
    return sa.Column(column, Key, sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}_{target}")), nullable=nullable)
