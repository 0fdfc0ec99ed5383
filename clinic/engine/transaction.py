"""What the database may refuse for a moment: tried again, or told as Busy."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from clinic.domain.errors import Busy

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3
_DEADLOCK, _SERIALIZATION, _LOCK_TIMEOUT = "40P01", "40001", "55P03"


def retried(verb: Callable[Concatenate[Session, P], R]) -> Callable[Concatenate[Session, P], R]:
    """A writing use case: rolled back on any error; run again (three times in all, with jitter) after a deadlock.

    A lock that was not to be had in time becomes Busy.
    """

    @functools.wraps(verb)
    def attempt(session: Session, *args: P.args, **kwargs: P.kwargs) -> R:
        for again in range(TRIES, 0, -1):
            try:
                return verb(session, *args, **kwargs)
            except DBAPIError as error:
                session.rollback()
                if _out_of_time(error):
                    raise Busy() from error
                if not _worth_another(error) or again == 1:
                    raise
                time.sleep(random.uniform(0.005, 0.03))  # noqa: S311 (jitter)
            except BaseException:
                session.rollback()
                raise
        raise AssertionError("unreachable")

    return attempt  # type: ignore[return-value]  # wraps() cannot say that the session stays positional


def _code(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", "") or "")


def _out_of_time(error: DBAPIError) -> bool:
    locked = isinstance(error, OperationalError) and "database is locked" in str(error.orig)
    return locked or _code(error) == _LOCK_TIMEOUT


def _worth_another(error: DBAPIError) -> bool:
    # A reference or key that met its twin: the next attempt draws another, or finds the twin's answer.
    twin = isinstance(error, IntegrityError) and any(
        name in str(error.orig) for name in ("appointment.reference", "uq_appointment_reference", "idempotency_key")
    )
    return twin or _code(error) in (_DEADLOCK, _SERIALIZATION)
