"""Flask extensions: made here, bound to an application in the factory."""

from __future__ import annotations

from typing import Any

from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy.orm import Session

from clinic.store import tables  # noqa: F401 (they are all there)
from clinic.store.base import Base

__all__ = ["Session", "csrf", "db", "login", "migrate"]

db = SQLAlchemy(model_class=Base)
migrate = Migrate()
csrf = CSRFProtect()


class StaffLogin(LoginManager):
    """Flask-Login, except that it neither reads nor writes the patients' cookie: the staff have one of their own."""

    session_protection = None

    def _update_remember_cookie(self, response: Any) -> Any:
        return response


login = StaffLogin()
