"""Who wants an earlier time waits like everybody else; of who waits, only what offering needs can be read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from clinic.store.base import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WAITS = sa.text("ended_at is null")


def upgrade() -> None:
    op.add_column("waitlist_entry", sa.Column("time_zone", sa.String(40), nullable=True))
    op.add_column("waitlist_entry", sa.Column("by_phone", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("waitlist_entry", sa.Column("person", sa.String(32), nullable=True))
    op.create_index("ix_waitlist_entry_person", "waitlist_entry", ["person"], postgresql_where=WAITS, sqlite_where=WAITS)
    op.execute("""
        insert into waitlist_entry
            (appointment_id, visit_type_id, location_id, near, hours, notice_hours, visits, generation, created_at)
        select id, visit_type_id, location_id, '', '', 24, 1, 0, earlier_wanted_at from appointment
        where earlier_wanted_at is not null and state = 'booked'
          and not exists (select 1 from waitlist_entry where appointment_id = appointment.id and ended_at is null)
    """)
    op.drop_column("appointment", "earlier_wanted_at")


def downgrade() -> None:
    op.add_column("appointment", sa.Column("earlier_wanted_at", UtcDateTime(), nullable=True))
    op.execute("""
        update appointment set earlier_wanted_at =
            (select created_at from waitlist_entry where appointment_id = appointment.id and ended_at is null)
    """)
    op.drop_index("ix_waitlist_entry_person", table_name="waitlist_entry")
    for name in ("person", "by_phone", "time_zone"):
        op.drop_column("waitlist_entry", name)
