"""The whole first schema: gazetteer, clinics, people, rosters, appointments, claims and their guard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from clinic.store.base import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# The guard. A claim is at most 288 cells long, so an overlapping one starts less than 288 cells before: however long the
# history, the trigger looks at one day of one calendar.
OVERLAP = """
    select raise(abort, 'claim_no_overlap') where exists (
        select 1 from claim
        where resource_id = new.resource_id and start_cell < new.end_cell
          and start_cell > new.start_cell - 288 and end_cell > new.start_cell{besides});
"""
TRIGGERS = (
    "create trigger claim_no_overlap_insert before insert on claim begin" + OVERLAP.format(besides="") + "end",
    "create trigger claim_no_overlap_update before update of resource_id, start_cell, end_cell on claim begin"
    + OVERLAP.format(besides=" and not (resource_id = old.resource_id and start_cell = old.start_cell)")
    + "end",
)
EXCLUSION = """
    alter table claim add constraint claim_no_overlap
    exclude using gist (resource_id with =, int4range(start_cell, end_cell) with &&)
"""


def guard() -> None:
    """What makes a double booking impossible, on either database."""
    if op.get_bind().dialect.name == "sqlite":
        for trigger in TRIGGERS:
            op.execute(trigger)
    else:
        op.execute("create extension if not exists btree_gist")
        op.execute(EXCLUSION)


def rate_limits() -> None:
    """PostgreSQL counts requests in an unlogged table; SQLite in a file of its own."""
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            "create unlogged table rate_limit (key varchar(255) primary key, hits integer not null,"
            " expires_at double precision not null)"
        )


def upgrade() -> None:
    op.create_table(
        "city_name",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_city_name"),
        sa.UniqueConstraint("key", "state", name="uq_city_name_key_state"),
    )
    op.create_index("ix_city_name_state", "city_name", ["state"])

    op.create_table(
        "location",
        sa.Column("id", KEY, nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("import_key", sa.String(length=300), nullable=True),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("street", sa.String(length=120), nullable=False),
        sa.Column("city", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("postal_code", sa.String(length=5), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("phone_extension", sa.String(length=10), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.Column("hours", sa.String(length=400), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("latitude between -90 and 90 and longitude between -180 and 180", name=op.f("ck_location_point")),
        sa.PrimaryKeyConstraint("id", name="pk_location"),
        sa.UniqueConstraint("import_key", name="uq_location_import_key"),
        sa.UniqueConstraint("slug", name="uq_location_slug"),
    )
    op.create_index("ix_location_city", "location", ["state", "city"])
    op.create_index("ix_location_point", "location", ["latitude", "longitude"])

    op.create_table(
        "resource",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.CheckConstraint("kind in ('specialist', 'room', 'equipment', 'patient')", name=op.f("ck_resource_kind")),
        sa.PrimaryKeyConstraint("id", name="pk_resource"),
    )
    op.create_table(
        "search_count",
        sa.Column("postal_code", sa.String(length=5), nullable=False),
        sa.Column("service", sa.String(length=60), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("not_found", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("postal_code", "service", name="pk_search_count"),
    )
    op.create_table(
        "service",
        sa.Column("id", KEY, nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_service"),
        sa.UniqueConstraint("slug", name="uq_service_slug"),
    )
    op.create_table(
        "zip_code",
        sa.Column("code", sa.String(length=5), nullable=False),
        sa.Column("city", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("county", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_zip_code"),
    )
    op.create_index("ix_zip_code_latitude_longitude", "zip_code", ["latitude", "longitude"])
    op.create_index("ix_zip_code_state", "zip_code", ["state"])

    op.create_table(
        "closure",
        sa.Column("id", KEY, nullable=False),
        sa.Column("location_id", KEY, nullable=False),
        sa.Column("start_cell", sa.Integer(), nullable=False),
        sa.Column("end_cell", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint("end_cell > start_cell", name=op.f("ck_closure_forwards")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name="fk_closure_location_id_location"),
        sa.PrimaryKeyConstraint("id", name="pk_closure"),
    )
    op.create_index("ix_closure_location_id", "closure", ["location_id"])

    op.create_table(
        "equipment",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("location_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["resource.id"], name="fk_equipment_id_resource"),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name="fk_equipment_location_id_location"),
        sa.PrimaryKeyConstraint("id", name="pk_equipment"),
    )
    op.create_index("ix_equipment_place", "equipment", ["location_id", "kind"])

    op.create_table(
        "location_day",
        sa.Column("location_id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hours", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name="fk_location_day_location_id_location"),
        sa.PrimaryKeyConstraint("location_id", "day", name="pk_location_day"),
    )
    op.create_table(
        "patient",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("given_name", sa.String(length=100), nullable=False),
        sa.Column("family_name", sa.String(length=100), nullable=False),
        sa.Column("match_name", sa.String(length=200), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("phone_extension", sa.String(length=10), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("postal_code", sa.String(length=5), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("interpreter", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["resource.id"], name="fk_patient_id_resource"),
        sa.PrimaryKeyConstraint("id", name="pk_patient"),
    )
    op.create_index("ix_patient_match", "patient", ["birth_date", "phone"])

    op.create_table(
        "room",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("location_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["resource.id"], name="fk_room_id_resource"),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name="fk_room_location_id_location"),
        sa.PrimaryKeyConstraint("id", name="pk_room"),
    )
    op.create_index("ix_room_place", "room", ["location_id", "kind"])

    op.create_table(
        "specialist",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("import_key", sa.String(length=200), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("profession", sa.String(length=80), nullable=False),
        sa.Column("languages", sa.String(length=120), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["resource.id"], name="fk_specialist_id_resource"),
        sa.PrimaryKeyConstraint("id", name="pk_specialist"),
        sa.UniqueConstraint("import_key", name="uq_specialist_import_key"),
        sa.UniqueConstraint("slug", name="uq_specialist_slug"),
    )
    op.create_table(
        "visit_type",
        sa.Column("id", KEY, nullable=False),
        sa.Column("service_id", KEY, nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("buffer_before", sa.Integer(), nullable=False),
        sa.Column("buffer_after", sa.Integer(), nullable=False),
        sa.Column("notice_minutes", sa.Integer(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("step_minutes", sa.Integer(), nullable=False),
        sa.Column("room_kind", sa.String(length=40), nullable=True),
        sa.Column("room_setup", sa.Integer(), nullable=False),
        sa.Column("room_cleanup", sa.Integer(), nullable=False),
        sa.Column("equipment_kind", sa.String(length=40), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("cancel_window_hours", sa.Integer(), nullable=False),
        sa.CheckConstraint("audience in ('any', 'new', 'returning')", name=op.f("ck_visit_type_audience")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name="fk_visit_type_service_id_service"),
        sa.PrimaryKeyConstraint("id", name="pk_visit_type"),
        sa.UniqueConstraint("slug", name="uq_visit_type_slug"),
    )
    op.create_index("ix_visit_type_service_id", "visit_type", ["service_id"])

    op.create_table(
        "appointment",
        sa.Column("id", KEY, nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("visit_type_id", KEY, nullable=False),
        sa.Column("location_id", KEY, nullable=False),
        sa.Column("specialist_id", KEY, nullable=False),
        sa.Column("room_id", KEY, nullable=True),
        sa.Column("equipment_id", KEY, nullable=True),
        sa.Column("patient_id", KEY, nullable=True),
        sa.Column("start_at", UtcDateTime(), nullable=False),
        sa.Column("end_at", UtcDateTime(), nullable=False),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.Column("held_at", UtcDateTime(), nullable=False),
        sa.Column("hold_expires_at", UtcDateTime(), nullable=True),
        sa.Column("booked_at", UtcDateTime(), nullable=True),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.Column("cancelled_late", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("cancel_reason", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("new_patient", sa.Boolean(), nullable=True),
        sa.Column("booked_by", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("sequence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("generation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "patient_id is not null or state in ('held', 'cancelled', 'expired', 'entered_in_error')",
            name=op.f("ck_appointment_someone"),
        ),
        sa.CheckConstraint("state != 'held' or hold_expires_at is not null", name=op.f("ck_appointment_hold_ends")),
        sa.CheckConstraint(
            "state in ('held', 'booked', 'arrived', 'started', 'fulfilled', 'cancelled', 'no_show', 'entered_in_error',"
            " 'expired')",
            name=op.f("ck_appointment_state"),
        ),
        sa.CheckConstraint("end_at > start_at", name=op.f("ck_appointment_forwards")),
        sa.ForeignKeyConstraint(["equipment_id"], ["equipment.id"], name="fk_appointment_equipment_id_equipment"),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name="fk_appointment_location_id_location"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_appointment_patient_id_patient"),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name="fk_appointment_room_id_room"),
        sa.ForeignKeyConstraint(["specialist_id"], ["specialist.id"], name="fk_appointment_specialist_id_specialist"),
        sa.ForeignKeyConstraint(["visit_type_id"], ["visit_type.id"], name="fk_appointment_visit_type_id_visit_type"),
        sa.PrimaryKeyConstraint("id", name="pk_appointment"),
        sa.UniqueConstraint("reference", name="uq_appointment_reference"),
    )
    op.create_index(
        "ix_appointment_holds",
        "appointment",
        ["hold_expires_at"],
        postgresql_where=sa.text("state = 'held'"),
        sqlite_where=sa.text("state = 'held'"),
    )
    op.create_index("ix_appointment_patient", "appointment", ["patient_id"])
    op.create_index("ix_appointment_specialist", "appointment", ["specialist_id", "start_at"])

    op.create_table(
        "offer",
        sa.Column("visit_type_id", KEY, nullable=False),
        sa.Column("location_id", KEY, nullable=False),
        sa.Column("specialist_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name="fk_offer_location_id_location"),
        sa.ForeignKeyConstraint(["specialist_id"], ["specialist.id"], name="fk_offer_specialist_id_specialist"),
        sa.ForeignKeyConstraint(["visit_type_id"], ["visit_type.id"], name="fk_offer_visit_type_id_visit_type"),
        sa.PrimaryKeyConstraint("visit_type_id", "location_id", "specialist_id", name="pk_offer"),
    )
    op.create_index("ix_offer_location", "offer", ["location_id"])
    op.create_index("ix_offer_specialist", "offer", ["specialist_id"])

    op.create_table(
        "shift",
        sa.Column("id", KEY, nullable=False),
        sa.Column("specialist_id", KEY, nullable=False),
        sa.Column("location_id", KEY, nullable=False),
        sa.Column("weekly", sa.String(length=600), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.CheckConstraint("last_day is null or last_day >= first_day", name=op.f("ck_shift_forwards")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name="fk_shift_location_id_location"),
        sa.ForeignKeyConstraint(["specialist_id"], ["specialist.id"], name="fk_shift_specialist_id_specialist"),
        sa.PrimaryKeyConstraint("id", name="pk_shift"),
    )
    op.create_index("ix_shift_place", "shift", ["location_id", "specialist_id"])
    op.create_index("ix_shift_specialist", "shift", ["specialist_id"])

    op.create_table(
        "shift_day",
        sa.Column("specialist_id", KEY, nullable=False),
        sa.Column("location_id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hours", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name="fk_shift_day_location_id_location"),
        sa.ForeignKeyConstraint(["specialist_id"], ["specialist.id"], name="fk_shift_day_specialist_id_specialist"),
        sa.PrimaryKeyConstraint("specialist_id", "location_id", "day", name="pk_shift_day"),
    )
    op.create_index("ix_shift_day_place", "shift_day", ["location_id"])

    op.create_table(
        "time_off",
        sa.Column("id", KEY, nullable=False),
        sa.Column("specialist_id", KEY, nullable=False),
        sa.Column("start_cell", sa.Integer(), nullable=False),
        sa.Column("end_cell", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint("end_cell > start_cell", name=op.f("ck_time_off_forwards")),
        sa.ForeignKeyConstraint(["specialist_id"], ["specialist.id"], name="fk_time_off_specialist_id_specialist"),
        sa.PrimaryKeyConstraint("id", name="pk_time_off"),
    )
    op.create_index("ix_time_off_when", "time_off", ["specialist_id", "end_cell"])

    op.create_table(
        "audit",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("appointment_id", KEY, nullable=True),
        sa.Column("patient_id", KEY, nullable=True),
        sa.Column("detail", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name="fk_audit_appointment_id_appointment"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_audit_patient_id_patient"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_appointment", "audit", ["appointment_id"])

    op.create_table(
        "claim",
        sa.Column("resource_id", KEY, nullable=False),
        sa.Column("start_cell", sa.Integer(), nullable=False),
        sa.Column("end_cell", sa.Integer(), nullable=False),
        sa.Column("appointment_id", KEY, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("end_cell - start_cell between 1 and 288", name=op.f("ck_claim_length")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name="fk_claim_appointment_id_appointment"),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name="fk_claim_resource_id_resource"),
        sa.PrimaryKeyConstraint("resource_id", "start_cell", name="pk_claim", postgresql_include=["end_cell", "expires_at"]),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_claim_appointment_id", "claim", ["appointment_id"])

    op.create_table(
        "guardian",
        sa.Column("appointment_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("relation", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("consented_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name="fk_guardian_appointment_id_appointment"),
        sa.PrimaryKeyConstraint("appointment_id", name="pk_guardian"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("scope", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("appointment_id", KEY, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name="fk_idempotency_key_appointment_id_appointment"),
        sa.PrimaryKeyConstraint("scope", "key", name="pk_idempotency_key"),
    )
    op.create_index("ix_idempotency_key_age", "idempotency_key", ["created_at"])

    op.create_table(
        "outbox",
        sa.Column("id", KEY, nullable=False),
        sa.Column("appointment_id", KEY, nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name="fk_outbox_appointment_id_appointment"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due_at"],
        postgresql_where=sa.text("done_at is null"),
        sqlite_where=sa.text("done_at is null"),
    )
    op.create_index("uq_outbox_event", "outbox", ["appointment_id", "event", "sequence"], unique=True)

    op.create_table(
        "task",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("appointment_id", KEY, nullable=True),
        sa.Column("patient_id", KEY, nullable=True),
        sa.Column("other_patient_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name="fk_task_appointment_id_appointment"),
        sa.ForeignKeyConstraint(["other_patient_id"], ["patient.id"], name="fk_task_other_patient_id_patient"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_task_patient_id_patient"),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
    )
    guard()
    rate_limits()


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_table("rate_limit")
    for table in (
        "task",
        "outbox",
        "idempotency_key",
        "guardian",
        "claim",
        "audit",
        "time_off",
        "shift_day",
        "shift",
        "offer",
        "appointment",
        "visit_type",
        "specialist",
        "room",
        "patient",
        "location_day",
        "equipment",
        "closure",
        "zip_code",
        "service",
        "search_count",
        "resource",
        "location",
        "city_name",
    ):
        op.drop_table(table)
