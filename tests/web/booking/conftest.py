"""Pages over the small chain of tests.web.visiting, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import Databases
from tests.web.visiting import fill


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    with databases.like("pages", fill) as url:
        yield url
