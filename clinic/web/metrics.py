"""For Prometheus: what an operator watches. Every process answers the same, and no answer is about anybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from clinic.usecases.operations.figures import Backlog, Figures, read_figures
from clinic.web.context import now, session
from clinic.web.guards import operator

blueprint = Blueprint("metrics", __name__)

TODAY = "since midnight UTC (the counter starts again there)"
Labels = tuple[str, ...]

# Series that are there from the start, at nought: a graph cannot tell the rise of what it did not know.
CHANNELS = ("web", "api", "phone", "waitlist")
BY = ("mail", "text", "letter")
OUTCOMES = ("sent", "failed", "dropped", "letter")
ACTIONS = ("hold", "extend", "release", "expire", "book", "move", "cancel")
OFFERS = ("open", "accepted", "declined", "lapsed", "passed")


@blueprint.get("/metrics")
@operator
def metrics() -> Response:
    """The figures of this moment, in the text format."""
    registry = CollectorRegistry()
    registry.register(_Read(read_figures(session(), now=now())))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Read(Collector):
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        f = self._figures
        yield from _waiting("clinic_outbox", "Messages not yet passed on to a channel", [], {(): f.messages})
        by_channel: dict[Labels, Backlog] = {(by,): f.deliveries.get(by, Backlog(0, 0, 0.0)) for by in (*BY, *f.deliveries)}
        yield from _waiting("clinic_deliveries", "Messages to be sent, or tried again, by a channel", ["channel"], by_channel)
        ended = {(by, outcome): 0 for by in BY for outcome in OUTCOMES} | dict(f.deliveries_today)
        yield _counter("clinic_deliveries", f"Messages that ended, {TODAY}", ["channel", "outcome"], ended)
        again = _each(f.retries_today, BY)
        yield _counter("clinic_delivery_retries", f"Further tries of messages that ended, {TODAY}", ["channel"], again)
        yield GaugeMetricFamily("clinic_holds", "Times held now", f.holds)
        yield _counter("clinic_bookings", f"Visits booked, {TODAY}", ["channel"], _each(f.bookings_today, CHANNELS))
        yield _counter("clinic_audit_actions", f"What the audit log has, {TODAY}", ["action"], _each(f.changes_today, ACTIONS))
        cancelled = {(): f.changes_today.get("cancel", 0)}
        yield _counter("clinic_cancellations", f"Visits cancelled, {TODAY}", [], cancelled)
        searched = {("found",): f.searches_found, ("not_found",): f.searches_missed}
        yield _counter("clinic_searches", "Searches near a ZIP code for a service", ["outcome"], searched)
        yield GaugeMetricFamily("clinic_waitlist_entries", "Who waits for a time", f.waiting)
        offers = _each(f.offers_today, OFFERS)
        yield _gauge("clinic_offers", "Offers made since midnight UTC (the newest 5,000), by their state now", ["state"], offers)
        yield _gauge("clinic_tasks_open", "What the staff has to look at", ["kind"], _each(f.tasks, ()))
        yield GaugeMetricFamily("clinic_audit_unsealed", "Audit rows not sealed yet (counted to 10,000)", f.unsealed)


def _each(found: Mapping[str, int], known: Iterable[str]) -> dict[Labels, int]:
    return {(name,): found.get(name, 0) for name in (*known, *found)}


def _counter(name: str, what: str, labels: list[str], values: Mapping[Any, float]) -> Metric:
    return _with(CounterMetricFamily(name, what, labels=labels), values)


def _gauge(name: str, what: str, labels: list[str], values: Mapping[Any, float]) -> Metric:
    return _with(GaugeMetricFamily(name, what, labels=labels), values)


def _with(family: Any, values: Mapping[Any, float]) -> Metric:
    for labels, value in values.items():
        family.add_metric(labels, value)
    metric: Metric = family
    return metric


def _waiting(name: str, what: str, labels: list[str], found: Mapping[Labels, Backlog]) -> Iterator[Metric]:
    counts = {(*of, when): count for of, w in found.items() for when, count in (("due", w.due), ("later", w.later))}
    yield _gauge(f"{name}_waiting", what, [*labels, "when"], counts)
    ages = {of: w.oldest_seconds for of, w in found.items()}
    yield _gauge(f"{name}_oldest_due_seconds", f"{what}: for how long the oldest has been due", labels, ages)
