"""The services and visit types of the chain. The summaries are written for anybody who reads at sixth grade."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.demo.chain import CHIROPRACTOR, PHYSICIAN, THERAPIST
from clinic.domain.scheduling.visit import VisitShape
from clinic.store.tables.directory import Service, VisitType

FLUOROSCOPY, C_ARM, TREATMENT = "fluoroscopy", "c_arm", "treatment"

SERVICES = (
    (
        "back-pain-evaluation",
        "Back pain evaluation",
        (
            "Not sure where to start? A specialist in back and neck pain asks how it began, looks at how you move, and "
            "checks your strength and feeling. You talk over what may be causing the pain and what could help, from things "
            "you can do at home to exercise, hands-on care or an injection. You leave with a plan. Most people do not need "
            "a scan first."
        ),
    ),
    (
        "facet-joint-injections",
        "Facet joint injections",
        (
            "Facet joints are small joints at the back of your spine. When one is sore, a doctor can place medicine in it "
            "or beside the nerve that serves it, using X-ray pictures to guide the needle. It helps some people and not "
            "others, and relief may not last. So we begin with a visit to talk it over: what you have tried, what else "
            "could work, and whether it is right for you."
        ),
    ),
    (
        "physical-therapy",
        "Physical therapy",
        (
            "A physical therapist finds out which movements hurt and why, then builds a program around you and your goals. "
            "You learn exercises that make the muscles around your spine stronger and help you move more freely, and you do "
            "them between visits, too. It takes some weeks of steady work. It can be a first choice, or the next step when "
            "an injection did not help."
        ),
    ),
    (
        "chiropractic-care",
        "Chiropractic care",
        (
            "A chiropractor starts with your history and a full exam, then works with the joints and muscles that cause "
            "trouble, mostly by hand. An adjustment is a quick, careful push that helps a stiff joint move. Some people "
            "feel better at once, others after a few visits, and some need another kind of care. We tell you early if that "
            "looks likely."
        ),
    ),
)

NOTICE = 120

VISIT_TYPES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "back-pain-evaluation",
        "back-pain-evaluation",
        "Back pain evaluation",
        {"minutes": 45, "buffer_after": 5, "room_kind": TREATMENT},
    ),
    ("facet-joint-injections", "facet-joint-injection-consultation", "Facet joint injection consultation", {"minutes": 30}),
    (
        "facet-joint-injections",
        "facet-joint-injection-procedure",
        "Facet joint injection procedure",
        {
            "minutes": 45,
            "online": False,
            "audience": "returning",
            "room_kind": FLUOROSCOPY,
            "equipment_kind": C_ARM,
            "room_setup": 15,
            "room_cleanup": 15,
            "cancel_window_hours": 72,
            "prepare_days": 5,
            "notice_minutes": 2880,
        },
    ),
    (
        "physical-therapy",
        "physical-therapy-evaluation",
        "Physical therapy evaluation",
        {"minutes": 60, "step_minutes": 30, "room_kind": TREATMENT},
    ),
    ("physical-therapy", "physical-therapy-follow-up", "Physical therapy follow-up", {"minutes": 30, "audience": "returning"}),
    (
        "physical-therapy",
        "physical-therapy-follow-up-long",
        "Physical therapy follow-up, long",
        {"minutes": 45, "audience": "returning"},
    ),
    ("chiropractic-care", "chiropractic-first-visit", "Chiropractic first visit", {"minutes": 45, "buffer_after": 5}),
    (
        "chiropractic-care",
        "chiropractic-adjustment",
        "Chiropractic adjustment",
        {"minutes": 15, "audience": "returning", "horizon_days": 60, "reminders": "2 0"},
    ),
    (
        "chiropractic-care",
        "chiropractic-adjustment-long",
        "Chiropractic adjustment, long",
        {"minutes": 20, "step_minutes": 20, "audience": "returning", "horizon_days": 60, "reminders": "2 0"},
    ),
)
"""Service, slug, name, and what differs from the defaults of VisitShape and VisitType, in the order of position."""

CLOTHES = "Wear clothes that you can move in."
EARLY = "Come 15 minutes early, so that we can go through your answers."
LIST = "Bring a list of the medicines you take."
PICTURES = "If pictures of your back were taken, such as X-rays or an MRI, bring them or tell us where that was."
AFTERWARDS = "Tell us how you felt in the days after the last visit."
EXERCISES = "Notice which exercises went well and which hurt, and tell us."
MEDICINES = "Do not stop any medicine until the clinic has told you to."

PREPARATION: dict[str, tuple[str, ...]] = {
    "back-pain-evaluation": (EARLY, LIST, PICTURES, CLOTHES, MEDICINES),
    "facet-joint-injection-consultation": (
        LIST,
        PICTURES,
        "If you had injections before, write down when, how much they helped, and for how long.",
        "Tell us about allergies, diabetes, blood thinners, and if you are or might be pregnant.",
        MEDICINES,
    ),
    "facet-joint-injection-procedure": (
        "Call us before you come if you have a fever or an infection, or take antibiotics or blood thinners.",
        "Call us, too, if you have diabetes, or are or might be pregnant.",
        "Tell us about allergies, such as to contrast dye, local anesthetic, steroids or latex.",
        "Ask us if you may eat and drink before, and if somebody should drive you home.",
        "Come 30 minutes early, and plan to stay for half an hour afterwards.",
        MEDICINES,
    ),
    "physical-therapy-evaluation": (
        CLOTHES + " Bring the shoes you walk in most.",
        "Think of two or three things you would like to do again without pain.",
        LIST,
        "If a doctor sent you, bring the referral.",
        MEDICINES,
    ),
    "physical-therapy-follow-up": (CLOTHES, EXERCISES, MEDICINES),
    "physical-therapy-follow-up-long": (CLOTHES, EXERCISES, MEDICINES),
    "chiropractic-first-visit": (EARLY, LIST, PICTURES, CLOTHES, MEDICINES),
    "chiropractic-adjustment": (CLOTHES, AFTERWARDS, MEDICINES),
    "chiropractic-adjustment-long": (CLOTHES, AFTERWARDS, MEDICINES),
}
"""What a patient does before each visit. None of it is medical advice: that is the clinic's own to give."""

MIXES: dict[str, tuple[tuple[str, int], ...]] = {
    PHYSICIAN: (
        ("back-pain-evaluation", 4), ("facet-joint-injection-consultation", 4), ("facet-joint-injection-procedure", 2),
    ),
    THERAPIST: (
        ("physical-therapy-evaluation", 2), ("physical-therapy-follow-up", 3), ("physical-therapy-follow-up-long", 5),
    ),
    CHIROPRACTOR: (
        ("chiropractic-first-visit", 3), ("chiropractic-adjustment", 3), ("chiropractic-adjustment-long", 4),
    ),
}  # fmt: skip
"""What each profession gives, and how often. The first is its lead: whoever works at a site gives at least that."""


def open_catalogue(session: Session) -> dict[str, VisitType]:
    """The visit types by slug; services and visit types that are not there yet are added."""
    services = {service.slug: service for service in session.scalars(select(Service))}
    for position, (slug, name, summary) in enumerate(SERVICES):
        if slug not in services:
            services[slug] = Service(slug=slug, name=name, summary=summary, position=position)
            session.add(services[slug])
    session.flush()
    visits = {visit.slug: visit for visit in session.scalars(select(VisitType))}
    for position, (service, slug, name, given) in enumerate(VISIT_TYPES):
        if slug not in visits:
            visits[slug] = _visit_type(services[service].id, slug, name, position, dict(given))
            session.add(visits[slug])
    session.flush()
    return visits


def _visit_type(service_id: int, slug: str, name: str, position: int, given: dict[str, Any]) -> VisitType:
    others = {name: given.pop(name) for name in ("cancel_window_hours", "prepare_days", "reminders") if name in given}
    shape = VisitShape(**{"notice_minutes": NOTICE, **given})
    return VisitType(
        service_id=service_id, slug=slug, name=name, position=position, preparation="\n".join(PREPARATION[slug]),
        **others, **asdict(shape),
    )  # fmt: skip
