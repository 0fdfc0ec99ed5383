"""Roles as people say them, and what the extra right of some is called."""

from __future__ import annotations

from clinic.domain.people.roles import Role

ROLES = {
    Role.SPECIALIST: "Specialist",
    Role.AGENT: "Call center",
    Role.FRONT_DESK: "Front desk",
    Role.MANAGER: "Clinic manager",
    Role.ADMINISTRATOR: "Administrator",
}
FLAGS = {Role.AGENT: "supervisor", Role.MANAGER: "reads patients’ answers"}
