"""Street addresses -> points, by any geopy service or the US Census, so bounded that a dead provider costs little.

A look-up answers within its time, never raises, and never logs an address: only the class of what went wrong.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from time import monotonic
from typing import Any
from urllib.parse import urlencode

from geopy.adapters import URLLibAdapter
from geopy.exc import GeocoderParseError
from geopy.geocoders import get_geocoder_for_service
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location

from clinic.domain.errors import InvalidInput
from clinic.domain.geography.places import Point

log = logging.getLogger(__name__)

Clock = Callable[[], float]

CACHED = 2_000
FOUND_FOR_SECONDS = 24 * 3600.0
NOTHING_FOR_SECONDS = 600.0
FAILURES_TO_OPEN = 5
OPEN_FOR_SECONDS = 60.0
LOOKUPS_AT_ONCE = 8
USER_AGENT = "clinic-booking"

# The states and territories, roughly: south, north, west, east. Enough to see that an answer is on another continent.
UNITED_STATES = (
    (13.0, 21.0, 144.0, 147.0),
    (-15.0, -10.0, -172.0, -168.0),
    (17.0, 72.0, -180.0, -64.0),
    (51.0, 54.0, 172.0, 180.0),
)


class USCensus(Geocoder):
    """The US Census Bureau's geocoder (free, no key), in the conventions of geopy, which has none.

    https://geocoding.geo.census.gov/geocoder/Geocoding_Services_API.html
    """

    def __init__(
        self,
        *,
        timeout: Any = DEFAULT_SENTINEL,
        proxies: Any = DEFAULT_SENTINEL,
        user_agent: str | None = None,
        ssl_context: Any = DEFAULT_SENTINEL,
        adapter_factory: Any = None,
        domain: str = "geocoding.geo.census.gov",
        scheme: str | None = None,
    ) -> None:
        super().__init__(
            scheme=scheme,
            timeout=timeout,
            proxies=proxies,
            user_agent=user_agent,
            ssl_context=ssl_context,
            adapter_factory=adapter_factory,
        )
        self.api = f"{self.scheme}://{domain}/geocoder/locations/onelineaddress"

    def geocode(
        self, query: str, *, benchmark: str = "Public_AR_Current", exactly_one: bool = True, timeout: Any = DEFAULT_SENTINEL
    ) -> Any:
        """A Location, a list of them unless `exactly_one`, or None. Raises GeopyError."""
        url = f"{self.api}?{urlencode({'address': query, 'benchmark': benchmark, 'format': 'json'})}"
        return self._call_geocoder(url, lambda answer: self._parse(answer, exactly_one), timeout=timeout)

    def _parse(self, answer: Any, exactly_one: bool) -> Any:
        try:
            found = [
                Location(match["matchedAddress"], (match["coordinates"]["y"], match["coordinates"]["x"]), match)
                for match in answer["result"]["addressMatches"]
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise GeocoderParseError("not an answer of the Census geocoder") from error
        if not found:
            return None
        return found[0] if exactly_one else found


def build(service: str, options: Mapping[str, Any], *, timeout: float = 2.0, clock: Clock = monotonic) -> AddressLookup:
    """A function from address to point for the geopy service of that name ("nominatim", "googlev3" …) or "uscensus".

    `options` are the keywords of that geopy class; under "geocode", those of its geocode method, such as
    {"country_codes": "us,pr,vi,gu,as,mp"} for Nominatim. Answers within `timeout` seconds. A wrong name or wrong options
    raise here, not later: GeocoderNotFound, ConfigurationError or TypeError.
    """
    keywords = dict(options)
    per_call = dict(keywords.pop("geocode", {}))
    factory = USCensus if service == "uscensus" else get_geocoder_for_service(service)
    # Through urllib, whatever else is installed: geopy's other way tries again by itself, and logs the URL when it does.
    geocoder = factory(**{"timeout": timeout, "user_agent": USER_AGENT, "adapter_factory": URLLibAdapter, **keywords})
    for talkative in ("geopy", "urllib3"):  # they log whole URLs, and those hold the address
        logging.getLogger(talkative).setLevel(logging.ERROR)
    return AddressLookup(lambda address: geocoder.geocode(address, **per_call), timeout, clock)


class AddressLookup:
    """`ask`, with a cache before it, a circuit breaker around it and a time limit on it. One serves a whole process."""

    def __init__(self, ask: Callable[[str], Any], timeout: float, clock: Clock) -> None:
        self._ask, self._timeout, self._clock = ask, timeout, clock
        self._lock = threading.Lock()
        self._seats = threading.Semaphore(LOOKUPS_AT_ONCE)
        self._known: OrderedDict[str, tuple[float, Point | None]] = OrderedDict()
        self._failures = 0
        self._open_until = 0.0

    def __call__(self, address: str) -> Point | None:
        """The point of `address`, or None: not found, not in the United States, too slow, or not asked just now."""
        key = " ".join(address.casefold().split())
        with self._lock:
            known = self._known.get(key)
            if known and known[0] > self._clock():
                self._known.move_to_end(key)
                return known[1]
            if not self._seats.acquire(blocking=False):  # hanging look-ups fill them; then nobody else waits
                return None
            if not self._may_try():
                self._seats.release()
                return None
        try:
            point = self._within_time(address)
        except Exception as error:  # whatever a provider's class raises, the gazetteer's answer serves
            log.warning("geocoder: %s", type(error).__name__)
            self._failed()
            return None
        self._learned(key, point)
        return point

    def _may_try(self) -> bool:
        """False while the circuit is open. When its time is over one caller may try; the rest wait for what it finds."""
        if self._failures < FAILURES_TO_OPEN:
            return True
        if self._clock() < self._open_until:
            return False
        self._open_until = self._clock() + OPEN_FOR_SECONDS
        return True

    def _failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES_TO_OPEN:
                self._open_until = self._clock() + OPEN_FOR_SECONDS
                log.warning("geocoder: failing, not asked for %d seconds", OPEN_FOR_SECONDS)

    def _learned(self, key: str, point: Point | None) -> None:
        with self._lock:
            self._failures = 0
            self._known[key] = (self._clock() + (FOUND_FOR_SECONDS if point else NOTHING_FOR_SECONDS), point)
            self._known.move_to_end(key)
            while len(self._known) > CACHED:
                self._known.popitem(last=False)

    def _within_time(self, address: str) -> Point | None:
        """Asked in a thread of its own: a socket's timeout is for each read, and a trickle outlasts it.

        A daemon, so that a look-up that hangs holds up neither the answer nor the end of the process.
        """
        answer: Future[Point | None] = Future()
        threading.Thread(target=self._run, args=(address, answer), name="geocoder", daemon=True).start()
        return answer.result(timeout=self._timeout)

    def _run(self, address: str, answer: Future[Point | None]) -> None:
        try:
            answer.set_result(point_of(self._ask(address)))
        except BaseException as error:
            answer.set_exception(error if isinstance(error, Exception) else RuntimeError("the geocoder broke off"))
        finally:
            self._seats.release()


def point_of(location: Any) -> Point | None:
    """The point of a geopy Location, if it is in the United States."""
    if location is None:
        return None
    try:
        point = Point(float(location.latitude), float(location.longitude))
    except InvalidInput:
        return None
    inside = any(s <= point.latitude <= n and w <= point.longitude <= e for s, n, w, e in UNITED_STATES)
    return point if inside else None
