"""A writing use case as one transaction: begun, committed once, last; rolled back on any error, tried again after a deadlock.

What the database may refuse for a moment is tried again, or told as Busy.
"""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from clinic.domain.errors import Busy
from clinic.store.connect import begin_write

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3
_DEADLOCK, _SERIALIZATION, _LOCK_TIMEOUT = "40P01", "40001", "55P03"


def transaction(verb: Callable[Concatenate[Session, P], R]) -> Callable[Concatenate[Session, P], R]:
    """Run a writing use case in a transaction of its own: begin it, and commit once the use case returns.

    On any error nothing of it stays. Raises what the use case raises, and Busy.
    """

    @functools.wraps(verb)
    def whole(session: Session, *args: P.args, **kwargs: P.kwargs) -> R:
        begin_write(session)
        done = verb(session, *args, **kwargs)
        session.commit()
        return done

    return retried(whole)  # type: ignore[arg-type]  # wraps() cannot say that the session stays positional


def retried(verb: Callable[Concatenate[Session, P], R]) -> Callable[Concatenate[Session, P], R]:
    """Roll a writing use case back on any error; run it again (three times in all, with jitter) after a deadlock.

    It begins and commits by itself: for one that writes only now and then, or reads on afterwards; else see `transaction`.
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
