"""What the invented specialists say of themselves. Nothing here promises that a treatment helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

from clinic.demo.chain import CHIROPRACTOR, PHYSICIAN, THERAPIST

WORK: Mapping[str, Sequence[str]] = {
    PHYSICIAN: (
        "Finds out what causes back and neck pain, and treats it without surgery.",
        "Sees people whose back pain has lasted for weeks or months and wants to know why before doing anything about it.",
        "Treats pain of the lower back and the neck, with and without injections.",
        "Helps people decide what to try next when a first treatment did not work.",
    ),
    THERAPIST: (
        "Helps people with back and neck pain move well again.",
        "Builds exercise programs for backs that hurt when you bend, lift or sit for long.",
        "Works with people whose pain came back, and who want to know how to keep it away.",
        "Helps people return to work, sport or the garden, one step at a time.",
    ),
    CHIROPRACTOR: (
        "Treats stiff and sore joints of the spine, mostly by hand.",
        "Examines the whole back before touching the part that hurts.",
        "Works with sore necks, stiff backs and the joints around them.",
        "Treats people of all ages, with as light a touch as will do.",
    ),
}
MANNER: Mapping[str, Sequence[str]] = {
    PHYSICIAN: (
        "A first visit begins with your story and an exam, and ends with a plan that you both agree on.",
        "Explains each choice in plain words, with what speaks for it and what against.",
        "Will tell you honestly when an injection is not likely to be the answer.",
    ),
    THERAPIST: (
        "You leave each visit with two or three exercises that fit into your day.",
        "Watches how you move first, then shows you what to change.",
        "Likes to start with what you want to be able to do again.",
    ),
    CHIROPRACTOR: (
        "Tells you before each adjustment what will happen, and stops when you say so.",
        "Shows you what you can do at home, so that you need fewer visits.",
        "Will send you to a colleague early if another kind of care suits you better.",
    ),
}
APART = (
    "Has been with our clinics since they opened.",
    "Grew up on a farm and still gets up before the sun.",
    "Teaches a free class on healthy backs every spring.",
    "Sings in a choir, and knows what a good breath can do.",
    "Came to this work after a back injury of their own.",
    "Runs slowly and gardens fast.",
    "",
)


def about(profession: str, slug: str) -> str:
    """Two or three sentences on somebody of the profession; the same for the same slug."""
    number = crc32(slug.encode())
    chosen = []
    for sentences in (WORK[profession], MANNER[profession], APART):
        number, index = divmod(number, len(sentences))
        chosen.append(sentences[index])
    return " ".join(filter(None, chosen))
