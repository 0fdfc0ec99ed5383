"""Calls to the desk, callers who are asked who they are, patients merged, and whether a specialist is a woman or a man."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from clinic.store.base import Key, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("patient_id", Key, nullable=True),
        sa.Column("verified_at", UtcDateTime(), nullable=True),
        sa.Column("misses", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("relation", sa.String(40), nullable=False, server_default=""),
        sa.Column("speaks_for", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("outcome", sa.String(20), nullable=True),
        sa.Column("why", sa.String(20), nullable=False, server_default=""),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("phone", sa.String(20), nullable=True),
        sa.Column("service_slug", sa.String(100), nullable=False, server_default=""),
        sa.Column("postal_code", sa.String(5), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_call_account_id_account")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_call_patient_id_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    op.create_index("ix_call_account", "call", ["account_id", "began_at"])
    op.create_index("ix_call_began", "call", ["began_at"])
    op.create_index("ix_call_patient", "call", ["patient_id"])
    op.create_table(
        "call_visit",
        sa.Column("id", Key, nullable=False),
        sa.Column("call_id", Key, nullable=False),
        sa.Column("appointment_id", Key, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_visit_call_id_call")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_call_visit_appointment_id_appointment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_visit")),
    )
    op.create_index("ix_call_visit_call", "call_visit", ["call_id"])
    op.create_index("ix_call_visit_appointment", "call_visit", ["appointment_id"])
    op.create_table(
        "patient_merge",
        sa.Column("id", Key, nullable=False),
        sa.Column("from_id", Key, nullable=False),
        sa.Column("into_id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(60), nullable=False),
        sa.Column("moved", sa.Text(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["from_id"], ["patient.id"], name=op.f("fk_patient_merge_from_id_patient")),
        sa.ForeignKeyConstraint(["into_id"], ["patient.id"], name=op.f("fk_patient_merge_into_id_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_merge")),
    )
    op.create_index("ix_patient_merge_from", "patient_merge", ["from_id"])
    op.create_index("ix_patient_merge_into", "patient_merge", ["into_id"])
    with op.batch_alter_table("patient") as patient:
        patient.add_column(sa.Column("phone_misses", sa.Integer(), nullable=False, server_default="0"))
        patient.add_column(sa.Column("phone_locked_at", UtcDateTime(), nullable=True))
        patient.add_column(sa.Column("merged_into_id", Key, nullable=True))
        patient.create_foreign_key(op.f("fk_patient_merged_into_id_patient"), "patient", ["merged_into_id"], ["id"])
    op.create_index("ix_patient_phone", "patient", ["phone"])
    _index("ix_patient_merged", "patient", "merged_into_id")
    with op.batch_alter_table("task") as task:
        task.add_column(sa.Column("call_id", Key, nullable=True))
        task.create_foreign_key(op.f("fk_task_call_id_call"), "call", ["call_id"], ["id"])
    _index("ix_task_call", "task", "call_id")
    op.add_column("specialist", sa.Column("gender", sa.String(10), nullable=True))


def _index(name: str, table: str, column: str) -> None:
    there = sa.text(f"{column} is not null")
    op.create_index(name, table, [column], postgresql_where=there, sqlite_where=there)


def downgrade() -> None:
    op.drop_column("specialist", "gender")
    op.drop_index("ix_task_call", "task")
    with op.batch_alter_table("task") as task:
        task.drop_constraint(op.f("fk_task_call_id_call"), type_="foreignkey")
        task.drop_column("call_id")
    op.drop_index("ix_patient_merged", "patient")
    op.drop_index("ix_patient_phone", "patient")
    with op.batch_alter_table("patient") as patient:
        patient.drop_constraint(op.f("fk_patient_merged_into_id_patient"), type_="foreignkey")
        for name in ("merged_into_id", "phone_locked_at", "phone_misses"):
            patient.drop_column(name)
    for name in ("patient_merge", "call_visit", "call"):
        op.drop_table(name)
