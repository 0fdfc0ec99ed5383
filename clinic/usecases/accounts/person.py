"""Somebody on the staff who is signed in, or half of the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from clinic.domain.audit import ACCOUNT, Actor
from clinic.domain.people.roles import Grant, Reach, reach

Stage = Literal["code", "factor", "in"]
"""What is still to be given: a code; an app to make codes with, as there is none yet; nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who they are, as of this request. Times are UTC. `broke_glass`: they may open what is under glass just now."""

    account_id: int
    name: str
    email: str
    specialist_id: int | None
    grants: tuple[Grant, ...]
    session_id: int
    stage: Stage
    until: datetime
    glass_until: datetime | None = None
    broke_glass: bool = False

    def __repr__(self) -> str:  # never into a log
        return f"Person({self.account_id})"

    @property
    def actor(self) -> str:
        """As the audit log names them."""
        return str(Actor(ACCOUNT, self.account_id))

    def reach(self, action: str) -> Reach:
        """How far they may do it; nothing before they gave both steps."""
        return reach(action, self.grants if self.stage == "in" else (), glass=self.broke_glass)
