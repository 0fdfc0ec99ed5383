"""Counts that are about nobody."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base


class SearchCount(Base):
    __tablename__ = "search_count"
    postal_code: Mapped[str] = mapped_column(String(5), primary_key=True)
    service: Mapped[str] = mapped_column(String(60), primary_key=True)
    found: Mapped[int] = mapped_column(default=0)
    not_found: Mapped[int] = mapped_column(default=0)
