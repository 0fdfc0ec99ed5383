"""Who answers for an account's tie to a specialist's calendar."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from clinic.store.base import Key, UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_vouch",
        sa.Column("id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("location_id", Key, nullable=True),
        sa.Column("vouched_by_id", sa.BigInteger(), nullable=True),
        sa.Column("vouched_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_calendar_vouch_account_id_account")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_calendar_vouch_location_id_location")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_vouch")),
    )
    op.create_index("ix_calendar_vouch_account", "calendar_vouch", ["account_id"])
    # Whoever was invited by an administrator, or not from a page at all, may keep what they have. Of an account that somebody
    # else invited nobody has ever looked at all the clinics: it is shown until a person confirms or ends it.
    op.execute(
        sa.text("""
        insert into calendar_vouch (account_id, vouched_at)
        select account.id, account.created_at from account
        where account.specialist_id is not null and not exists (
            select 1 from audit where audit.action = 'account_invited'
            and (audit.detail = 'account=' || account.id or audit.detail like 'account=' || account.id || ' %')
            and not exists (
                select 1 from account_grant where account_grant.role = 'administrator'
                and audit.actor = 'account:' || account_grant.account_id
            ) and audit.actor <> 'command-line'
        )
    """)
    )


def downgrade() -> None:
    op.drop_table("calendar_vouch")
