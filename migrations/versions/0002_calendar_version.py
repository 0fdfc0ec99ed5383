"""A number for each location that changes with its calendar: shifts, exceptions, closures, rooms, offers, people.

What is kept of a calendar counts as long as the number is the same (clinic.store.schedules.site_schedules). It is random, not
a counter: no rollback, backup or copy can ever give an old number another meaning. 0 is a location at which nothing stands yet.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OF_A_LOCATION = ("shift", "shift_day", "closure", "location_day", "room", "equipment", "offer")
EVENTS = {"insert": ("new",), "update": ("old", "new"), "delete": ("old",)}


def sqlite_triggers() -> Iterator[tuple[str, str]]:
    """(name, the rest of its statement): one for each row."""
    number = "update location set calendar_version = random() & 9223372036854775807 where id in "
    theirs = "(select location_id from offer where specialist_id in ({}))"
    for event, sides in EVENTS.items():
        for table in OF_A_LOCATION:
            places = ", ".join(f"{side}.location_id" for side in sides)
            yield f"calendar_{table}_{event}", f"after {event} on {table} begin {number} ({places}); end"
        people = theirs.format(", ".join(f"{side}.specialist_id" for side in sides))
        yield f"calendar_time_off_{event}", f"after {event} on time_off begin {number} {people}; end"
    who = theirs.format("new.id")
    yield "calendar_specialist_update", f"after update of active, name, slug on specialist begin {number} {who}; end"
    # The number itself is not among these columns: it does not set itself off.
    yield "calendar_location_update", f"after update of hours, time_zone, active on location begin {number} (new.id); end"


RANDOM = "hashtextextended(gen_random_uuid()::text, 0) & 9223372036854775807"
# Locked in the order of their ids, so that two who change many calendars wait for each other, and never in a circle.
NUMBER = f"""
    update location set calendar_version = {RANDOM} from (
        select id from location where id in ({{places}}) order by id for no key update
    ) as stale where location.id = stale.id
"""
FUNCTIONS = {
    "calendar_of_location": NUMBER.format(places="select location_id from changed") + "; return null;",
    "calendar_of_time_off": NUMBER.format(places="select location_id from offer join changed using (specialist_id)")
    + "; return null;",
    "calendar_of_specialist": NUMBER.format(
        places="select location_id from offer join changed on changed.id = specialist_id join before on before.id = changed.id"
        " where (changed.active, changed.name, changed.slug) is distinct from (before.active, before.name, before.slug)"
    )
    + "; return null;",
    "calendar_of_all": f"update location set calendar_version = {RANDOM}; return null;",
    "calendar_itself": f"new.calendar_version := {RANDOM}; return new;",
}


def postgresql_triggers() -> Iterator[tuple[str, str]]:
    """(name, the rest of its statement): one for each statement, however many rows it changes."""
    for table in (*OF_A_LOCATION, "time_off"):
        function = "calendar_of_time_off" if table == "time_off" else "calendar_of_location"
        for event, sides in EVENTS.items():
            for side in sides:
                rows = f"referencing {side} table as changed for each statement"
                yield f"calendar_{table}_{event}_{side}", f"after {event} on {table} {rows} execute function {function}()"
        yield f"calendar_{table}_truncate", f"after truncate on {table} for each statement execute function calendar_of_all()"
    rows = "referencing old table as before new table as changed for each statement"
    yield "calendar_specialist_update", f"after update on specialist {rows} execute function calendar_of_specialist()"
    columns = "of hours, time_zone, active on location for each row"
    yield "calendar_location_update", f"before update {columns} execute function calendar_itself()"


def upgrade() -> None:
    op.add_column("location", sa.Column("calendar_version", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("update location set calendar_version = random() & 9223372036854775807")
        triggers = sqlite_triggers()
    else:
        op.execute(f"update location set calendar_version = {RANDOM}")
        for name, body in FUNCTIONS.items():
            op.execute(f"create function {name}() returns trigger language plpgsql as $$ begin {body} end $$")
        triggers = postgresql_triggers()
    for name, rest in triggers:
        op.execute(f"create trigger {name} {rest}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name, _rest in sqlite_triggers():
            op.execute(f"drop trigger {name}")
    else:
        for name in FUNCTIONS:
            op.execute(f"drop function {name}() cascade")
    op.drop_column("location", "calendar_version")
