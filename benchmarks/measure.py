"""Interleaving, percentiles, and several processes at once."""

from __future__ import annotations

import multiprocessing
import os
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

QUICK = bool(os.environ.get("QUICK"))
ROUNDS = 5
WARM_UP = 8
"""psycopg prepares a statement when it has seen it five times."""

Job = Callable[[], object]


@dataclass(frozen=True)
class Rounds:
    """What each call of each of several jobs took, round by round, in seconds."""

    calls: list[list[list[float]]]

    def of(self, job: int, fraction: float = 0.5) -> list[float]:
        """For each round, the percentile of the job's calls: the median unless told."""
        return [percentile(calls, fraction) for calls in self.calls[job]]

    def ratios(self, job: int, to: int, fraction: float = 0.5) -> list[float]:
        return [a / b for a, b in zip(self.of(job, fraction), self.of(to, fraction), strict=True)]


def interleave(*jobs: Job, rounds: int = ROUNDS, seconds: float = 0.3, least: int = 9) -> Rounds:
    """Run the jobs in turn, call by call: in every round for `seconds` each, and `least` times."""
    if QUICK:
        seconds, least = seconds / 4, least // 2
    for job in jobs:
        for _ in range(WARM_UP):
            job()
    taken: list[list[list[float]]] = [[] for _ in jobs]
    order = list(range(len(jobs)))
    for _ in range(rounds):
        calls: list[list[float]] = [[] for _ in jobs]
        began = time.perf_counter()
        while time.perf_counter() - began < seconds * len(jobs) or len(calls[0]) < least:
            # Whoever comes after a heavy job finds cold caches: all take their turn at it.
            for number in order:
                start = time.perf_counter()
                jobs[number]()
                calls[number].append(time.perf_counter() - start)
            order.append(order.pop(0))
        for kept, found in zip(taken, calls, strict=True):
            kept.append(found)
    return Rounds(taken)


def percentile(values: Sequence[float], fraction: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]


def milliseconds(values: Sequence[float]) -> str:
    return f"{median(values) * 1000:.3f} ms"


@dataclass(frozen=True)
class Throughput:
    """Calls that `processes` made in `seconds`, and the longest any of them took."""

    calls: int
    seconds: float
    longest: float

    @property
    def per_second(self) -> float:
        return self.calls / self.seconds


def together(processes: int, prepare: Callable[[int], Callable[[int], object]], seconds: float) -> Throughput:
    """Call what `prepare(number)` made, in each process with 0, 1, 2 …, for `seconds`. All start at the same time.

    `prepare` runs in the process, opens its own connection and warms it up. An error in any process is raised here.
    """

    def work(number: int, ready: Any, results: Any) -> None:
        try:
            call = prepare(number)
            ready.wait(60)
            longest, calls = 0.0, 0
            began = end = time.perf_counter()
            while end - began < seconds:
                start = end
                call(calls)
                end = time.perf_counter()
                longest = max(longest, end - start)
                calls += 1
            results.put((calls, end - began, longest))
        except BaseException:
            ready.abort()
            results.put(traceback.format_exc())

    found = in_processes(processes, work)
    return Throughput(sum(f[0] for f in found), median(f[1] for f in found), max(f[2] for f in found))


def in_processes(processes: int, work: Callable[[int, Any, Any], None]) -> list[Any]:
    """Fork `work(number, barrier, results)`; give back what each put into `results`. A text there is an error."""
    forking = multiprocessing.get_context("fork")
    ready, results = forking.Barrier(processes), forking.SimpleQueue()
    workers = [forking.Process(target=work, args=(number, ready, results), daemon=True) for number in range(processes)]
    for worker in workers:
        worker.start()
    found = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    if errors := [f for f in found if isinstance(f, str)]:
        raise RuntimeError("a process failed:\n" + max(errors, key=len))
    return found
