"""Flask extensions: made here, bound to an application in the factory."""

from __future__ import annotations

from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy.orm import Session

from clinic.store.base import Base

__all__ = ["Session", "csrf", "db", "migrate"]

db = SQLAlchemy(model_class=Base)
migrate = Migrate()
csrf = CSRFProtect()
