"""How the patient was named with one booking: a record that was there before may spell it otherwise, and stays as it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SAID = {"given_name": 100, "family_name": 100, "phone_extension": 10, "postal_code": 5}


def upgrade() -> None:
    for name, length in SAID.items():
        op.add_column("intake", sa.Column(name, sa.String(length), nullable=True))


def downgrade() -> None:
    for name in reversed(SAID):
        op.drop_column("intake", name)
