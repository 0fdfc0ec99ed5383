"""What an audit row says, in columns of its own: who, at which clinic, in which transaction, and its details by name.

All of them are empty in rows that were there: what is sealed is never touched.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS = {
    "actor_kind": sa.String(20), "actor_id": sa.BigInteger(), "details": sa.Text(), "location_id": sa.BigInteger(),
    "xid": sa.BigInteger(), "chain_version": sa.SmallInteger(),
}  # fmt: skip


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("audit", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("audit", name)
