"""`flask clinic worker`: what is to be done without anybody asking. Any number of them may run."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread
from time import monotonic
from typing import Any

import click
from flask import Flask, current_app
from sqlalchemy.orm import Session

from clinic.cli.group import clinic

log = logging.getLogger("clinic.worker")

PAUSE_SECONDS = 1.0


@dataclass
class Job:
    """Something done every so many seconds, and again at once as long as it says that there is more.

    Jobs of one `lane` wait for each other; those of another do not: a mail server keeps nobody else waiting.
    """

    name: str
    every: float
    do: Callable[[Session, datetime], bool]
    lane: str = "house"
    next_at: float = 0.0


@clinic.command("worker")
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
def worker(*, once: bool) -> None:
    """Send messages, offer freed times, seal the audit log, tidy up. Runs until it is told to stop (Ctrl-C, SIGTERM)."""
    bound = current_app.extensions["clinic"]
    stopping = Event()
    jobs = _jobs(bound, current_app.extensions["clinic.post"], stopping)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())
    log.info("worker started")
    if once:
        _work(jobs, bound, stopping, once=True)
    else:
        _work_in_lanes(current_app._get_current_object(), jobs, bound, stopping)  # type: ignore[attr-defined]
    log.info("worker stopped")


def _work_in_lanes(app: Flask, jobs: Sequence[Job], bound: Any, stopping: Event) -> None:
    """A thread for each lane, until the worker is told to stop. This one only hears the signals."""

    def work(lane: str) -> None:
        with app.app_context():
            _work([job for job in jobs if job.lane == lane], bound, stopping)

    lanes = [Thread(target=work, args=(lane,), name=lane) for lane in sorted({job.lane for job in jobs})]
    for thread in lanes:
        thread.start()
    while all(thread.is_alive() for thread in lanes) and not stopping.wait(PAUSE_SECONDS):
        pass
    broke = not stopping.is_set()
    stopping.set()
    for thread in lanes:
        thread.join()
    if broke:  # it took the others along: whoever restarts the worker has to see that it did not end as it was told
        raise click.ClickException("A part of the worker ended by itself. What went wrong stands above.")


def _work(jobs: Sequence[Job], bound: Any, stopping: Event, *, once: bool = False) -> None:
    """Do each job when its time comes, one after the other."""
    from clinic.extensions import db

    while not stopping.is_set():
        busy = False
        for job in jobs:
            if monotonic() < job.next_at or stopping.is_set():
                continue
            more = _run(job, db.session(), bound.clock())
            db.session.remove()
            job.next_at = monotonic() + (0 if more else job.every)
            busy = busy or more
        if once and not busy:
            break
        if not busy:
            stopping.wait(PAUSE_SECONDS)


def _run(job: Job, session: Session, now: datetime) -> bool:
    """Do the job once. What goes wrong with it is logged, and does not keep the others from being done."""
    try:
        return job.do(session, now)
    except Exception:
        session.rollback()
        log.exception("job failed", extra={"job": job.name})
        return False


def _jobs(bound: Any, post: Any, stopping: Event) -> list[Job]:
    from clinic.usecases import booking, messages, waitlist
    from clinic.usecases.audit import auditing

    rest = messages.Rest({})

    def send(session: Session, now: datetime) -> bool:
        if not messages.is_anything_due(session, now=now):
            return False
        planned = messages.plan(session, post, now=now)
        return messages.deliver(session, post, rest, clock=bound.clock, stopping=stopping.is_set) + planned > 0

    def offer(session: Session, now: datetime) -> bool:
        done = waitlist.offer_times(session, now=now)
        return bool(done.offered or done.lapsed or done.closed)

    def seal(session: Session, now: datetime) -> bool:
        auditing.seal(session, now=now)
        return False

    def tidy(session: Session, now: datetime) -> bool:
        booking.sweep(session, now=now)
        return False

    def late(session: Session, now: datetime) -> bool:
        messages.sweep(session, now=now)
        return False

    return [
        Job("send", 1, send, lane="mail"), Job("offer", 5, offer), Job("seal", 60, seal), Job("tidy", 60, tidy),
        Job("late", 600, late),
    ]  # fmt: skip
