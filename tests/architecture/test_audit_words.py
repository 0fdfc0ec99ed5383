"""Whatever the code writes into the audit log, the pages that show the log have words for."""

from __future__ import annotations

from clinic.domain.audit import Action
from clinic.web.portal.audit.audit_labels import DONE, done


def test_every_action_of_the_log_has_words_and_no_words_are_left_over() -> None:
    assert set(DONE) == {action.value for action in Action}
    assert len(set(DONE.values())) > 80
    assert all(done(action) == DONE[action] for action in Action)


def test_an_action_of_a_later_version_is_shown_as_its_word() -> None:
    assert done("teleport_patient") == "Teleport patient"
