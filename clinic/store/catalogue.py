"""What patients look for (services) and what is booked under it (visit types)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.domain.visit import VisitShape
from clinic.store.base import Base, Key


class Service(Base):
    __tablename__ = "service"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    summary: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(Integer, default=0)


class VisitType(Base):
    """Columns named as in domain.visit.VisitShape mean the same. The lowest `position` is the service's first visit."""

    __tablename__ = "visit_type"
    id: Mapped[int] = mapped_column(Key, primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"), index=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(default=0)
    minutes: Mapped[int]
    buffer_before: Mapped[int] = mapped_column(default=0)
    buffer_after: Mapped[int] = mapped_column(default=0)
    notice_minutes: Mapped[int] = mapped_column(default=0)
    horizon_days: Mapped[int] = mapped_column(default=90)
    step_minutes: Mapped[int] = mapped_column(default=15)
    room_kind: Mapped[str | None] = mapped_column(String(40))
    room_setup: Mapped[int] = mapped_column(default=0)
    room_cleanup: Mapped[int] = mapped_column(default=0)
    equipment_kind: Mapped[str | None] = mapped_column(String(40))
    online: Mapped[bool] = mapped_column(default=True)
    audience: Mapped[str] = mapped_column(String(10), default="any")
    cancel_window_hours: Mapped[int] = mapped_column(default=24)

    __table_args__ = (CheckConstraint("audience in ('any', 'new', 'returning')", name="audience"),)

    @property
    def shape(self) -> VisitShape:
        return VisitShape(**{name: getattr(self, name) for name in VisitShape.__dataclass_fields__})
