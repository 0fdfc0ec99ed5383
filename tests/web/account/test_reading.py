"""The staff read at sixth grade, too. (Two pages are left out that hold little but names of people, clinics and roles.)"""

from __future__ import annotations

import re

import pytest
from flask import Flask

from clinic.domain.people.roles import Grant, Role
from tests.web.care.test_reading import LIMIT, grade, sentences
from tests.web.staff import hire, signed_in

PAGES = (
    "/account", "/account/password", "/account/recovery-codes", "/account/sessions", "/account/break-glass",
    "/account/people/invite", "/account/people/1", "/account/factor",
)  # fmt: skip


def grade_of(page: str) -> float:
    main = page.partition('<main id="main" tabindex="-1">')[2].partition("</main>")[0]
    words = re.sub(r"<svg.*?</svg>|<strong class=\"key\">.*?</strong>|<option.*?</option>|<dl.*?</dl>", "", main, flags=re.DOTALL)
    words = re.sub(r"</(?:h1|h2|button|label|legend|a|div|strong)>", "</p>", words)
    return grade(sentences(words))


def test_every_page_reads_at_sixth_grade(app: Flask, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    hire(app, database, "Mina", Grant(Role.MANAGER, None))
    hire(app, database, "Ada", Grant(Role.ADMINISTRATOR))
    client, stranger = signed_in(app, database, "Ada"), app.test_client()
    reached = {path: grade_of(client.get(path).get_data(as_text=True)) for path in PAGES}
    reached |= {path: grade_of(stranger.get(path).get_data(as_text=True)) for path in ("/account/sign-in", "/account/set-up/1-A")}
    with capsys.disabled():
        print(f"\n  staff pages: grade {min(reached.values()):.1f} to {max(reached.values()):.1f}")
    assert {path: value for path, value in reached.items() if value > LIMIT} == {}
