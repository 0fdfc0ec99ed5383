"""Accounts of the staff: roles, second factors, sessions, links by mail; messages to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from clinic.store.base import Key, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OPEN = sa.text("ended_at is null")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", Key, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        _points("account", "specialist", nullable=True),
        sa.Column("password_hash", sa.String(200), nullable=True),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("failures_in_row", sa.Integer(), nullable=False),
        sa.CheckConstraint("state in ('invited', 'active', 'disabled')", name=op.f("ck_account_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
        sa.UniqueConstraint("specialist_id", name=op.f("uq_account_specialist_id")),
    )
    op.create_table(
        "account_grant",
        sa.Column("id", Key, nullable=False),
        _points("account_grant", "account"),
        sa.Column("role", sa.String(20), nullable=False),
        _points("account_grant", "location", nullable=True),
        sa.Column("flag", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "role in ('specialist', 'agent', 'front_desk', 'manager', 'administrator')", name=op.f("ck_account_grant_role")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_grant")),
    )
    op.create_index("uq_account_grant_once", "account_grant", ["account_id", "role", "location_id"], unique=True)
    op.create_index("ix_account_grant_location", "account_grant", ["location_id"])
    op.create_table(
        "recovery_code",
        sa.Column("id", Key, nullable=False),
        _points("recovery_code", "account"),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index("ix_recovery_code_account", "recovery_code", ["account_id"])
    op.create_table(
        "account_link",
        sa.Column("id", Key, nullable=False),
        _points("account_link", "account"),
        sa.Column("purpose", sa.String(8), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("purpose in ('invite', 'reset')", name=op.f("ck_account_link_purpose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_link")),
    )
    op.create_index("ix_account_link_account", "account_link", ["account_id"])
    op.create_table(
        "staff_session",
        sa.Column("id", Key, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        _points("staff_session", "account"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("factor_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("device", sa.String(60), nullable=False),
        sa.Column("glass_reason", sa.String(20), nullable=True),
        sa.Column("glass_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_session_token_hash")),
    )
    op.create_index("ix_staff_session_open", "staff_session", ["account_id"], postgresql_where=OPEN, sqlite_where=OPEN)
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("account_id", Key, nullable=True))
        outbox.create_foreign_key("fk_outbox_account_id_account", "account", ["account_id"], ["id"])
        outbox.create_index("ix_outbox_account", ["account_id"])


def downgrade() -> None:
    # What was to be told to the staff goes with them.
    op.execute("delete from delivery where outbox_id in (select id from outbox where account_id is not null)")
    op.execute("delete from outbox where account_id is not null")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_index("ix_outbox_account")
        outbox.drop_constraint("fk_outbox_account_id_account", type_="foreignkey")
        outbox.drop_column("account_id")
    for table in ("staff_session", "account_link", "recovery_code", "account_grant", "account"):
        op.drop_table(table)


def _points(table: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    column = f"{target}_id"
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.Column(column, Key, sa.ForeignKey(f"{target}.id", name=name), nullable=nullable)
