"""The pathway as a picture: the questions with their answers in a row, and below each of its ends with what leads there."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from xml.sax.saxutils import escape

from clinic.domain.pathway import Conditions, Pathway, Rule, Step

WIDTH, GAP, LINE, MARGIN, PADDING = 330, 40, 18, 30, 14
WRAP = 38
LEAST_COLUMNS = 4
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #17302f }
.head { font-weight: 700 }
.if { fill: #52626a }
.question rect { fill: #e4f1f0; stroke: #0a5c63 }
.outcome rect { fill: #ffffff; stroke: #74828a }
.interruption rect { fill: #fdf0ec; stroke: #a3210f }
path { fill: none; stroke: #0a5c63; stroke-width: 1.5 }
"""

Lines = list[tuple[str, str]]
"""(class, words) of each line in a box."""


def draw(pathway: Pathway) -> str:
    """An SVG document that stands alone. The same pathway gives the same picture."""
    order = _order(pathway)
    columns = max(LEAST_COLUMNS, len(order))
    questions = [(Step("question", name), _question(pathway, name)) for name in order]
    ends = [(step, _end(pathway, step)) for step in _ends(pathway, order)]
    places, y = _row(questions, columns, MARGIN)
    boxes = [*places]
    for start in range(0, len(ends), columns):
        row, y = _row(ends[start : start + columns], columns, y + GAP)
        boxes += row
    at = {step: x for step, x, _y, _tall, _lines in places}
    arrows = "".join(
        _arrow(at[Step("question", name)], at[to]) for name in order for to in _leads(pathway, name) if to.kind == "question"
    )
    width, height = 2 * MARGIN + columns * WIDTH + (columns - 1) * GAP, y + MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
        f"<title>Care pathway, version {pathway.version}</title><style>{STYLE}</style>{arrows}"
        f"{''.join(_box(*box) for box in boxes)}</svg>\n"
    )


Box = tuple[Step, int, int, int, Lines]


def _row(entries: list[tuple[Step, Lines]], columns: int, y: int) -> tuple[list[Box], int]:
    """Boxes side by side from `y` on, and where the lowest ends."""
    tall = [LINE * len(lines) + 2 * PADDING for _step, lines in entries]
    row = [
        (step, MARGIN + number * (WIDTH + GAP), y, tall[number], lines)
        for number, (step, lines) in enumerate(entries[:columns])
    ]  # fmt: skip
    return row, y + max(tall)


def _order(pathway: Pathway) -> list[str]:
    """Questions by the longest way to them."""
    depth = {pathway.start: 0}
    for _ in pathway.questions:
        for name in list(depth):
            for step in _leads(pathway, name):
                if step.kind == "question":
                    depth[step.id] = max(depth.get(step.id, 0), min(depth[name] + 1, len(pathway.questions)))
    return sorted(depth, key=lambda name: depth[name])


def _ends(pathway: Pathway, order: list[str]) -> list[Step]:
    found = dict.fromkeys(step for name in order for step in _leads(pathway, name) if step.kind != "question")
    return sorted(found, key=lambda step: step.kind == "outcome")


def _leads(pathway: Pathway, name: str) -> list[Step]:
    return list(dict.fromkeys(rule.step for rule in pathway.questions[name].rules))


def _question(pathway: Pathway, name: str) -> Lines:
    question = pathway.questions[name]
    lines = [("head", line) for line in textwrap.wrap(question.text, WRAP)]
    for option in question.options:
        lines += [("", line) for line in textwrap.wrap(f"{option.id}: {option.text}", WRAP, subsequent_indent="   ")]
    return lines


def _end(pathway: Pathway, step: Step) -> Lines:
    title = (pathway.outcomes if step.kind == "outcome" else pathway.interruptions)[step.id].title
    lines = [("head", line) for line in textwrap.wrap(title, WRAP)]
    for when in _reasons(pathway, step):
        lines += [("if", line) for line in textwrap.wrap(when, WRAP, subsequent_indent="   ")]
    if step.kind == "outcome":
        for number, choice in enumerate(pathway.outcomes[step.id].choices, 1):
            lines += [("", line) for line in textwrap.wrap(f"{number}. {choice.service or choice.page}", WRAP)]
    return lines


def _reasons(pathway: Pathway, step: Step) -> Iterator[str]:
    for question in pathway.questions.values():
        for rule in question.rules:
            if rule.step == step:
                yield f"after {question.id}, {_when(rule)}"


def _when(rule: Rule) -> str:
    parts = [_told(rule.when)] if rule.when else []
    parts += [f"not {_told(rule.never)}"] if rule.never else []
    return "if " + ", ".join(parts) if parts else "if nothing else fits"


def _told(conditions: Conditions) -> str:
    return "; ".join(f"{name} is {' or '.join(sorted(options))}" for name, options in conditions.items())


def _box(step: Step, x: int, y: int, tall: int, lines: Lines) -> str:
    spans = "".join(
        f'<tspan class="{kind}" x="{x + PADDING}" y="{y + PADDING + LINE * number - 5}">{escape(words)}</tspan>'
        for number, (kind, words) in enumerate(lines, 1)
    )
    return f'<g class="{step.kind}"><rect x="{x}" y="{y}" width="{WIDTH}" height="{tall}" rx="8"/><text>{spans}</text></g>'


def _arrow(start: int, end: int) -> str:
    """From the right side of one question to the left of the next; over the heads of those that are passed by."""
    x1, x2, y = start + WIDTH, end, MARGIN + 24
    if x2 - x1 <= GAP:
        return f'<path d="M{x1} {y}H{x2}"/>'
    return f'<path d="M{x1} {y}C{x1 + GAP} {MARGIN - 34} {x2 - GAP} {MARGIN - 34} {x2} {y}"/>'
