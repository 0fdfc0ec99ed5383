"""The pathway as a picture: the questions with their answers in a row, and below each of its ends with what leads there.

Questions and their rules are numbered as they are tried: rule 7.3 is the third of the seventh question.
"""

from __future__ import annotations

import textwrap
from xml.sax.saxutils import escape

from clinic.domain.care.pathway import Pathway, Rule, Step

WIDTH, GAP, LINE, MARGIN, PADDING = 330, 40, 18, 30, 14
TOP = MARGIN + 70
WRAP = 38
INDENT = "   "
LEAST_COLUMNS = 4
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #17302f }
.head { font-weight: 700 }
.if { fill: #52626a }
.question rect { fill: #e4f1f0; stroke: #0a5c63 }
.outcome rect { fill: #ffffff; stroke: #74828a }
.interruption rect { fill: #fdf0ec; stroke: #a3210f }
path { fill: none; stroke: #0a5c63; stroke-width: 1.5; marker-end: url(#head) }
marker path { fill: #0a5c63; stroke: none; marker-end: none }
.title { font-size: 20px; font-weight: 700 }
.over { text-anchor: middle }
"""
HEAD = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z"/></marker></defs>'
)
HOW = "Rules are tried in the order of their numbers, and the first that fits counts. What an end offers is ranked."

Lines = list[tuple[str, str]]
"""(class, words) of each line in a box."""


def draw(pathway: Pathway) -> str:
    """An SVG document that stands alone. The same pathway gives the same picture."""
    order = _order(pathway)
    columns = max(LEAST_COLUMNS, len(order))
    questions = [(Step("question", name), _question(pathway, name, number)) for number, name in enumerate(order, 1)]
    ends = [(step, _end(pathway, step, order)) for step in _ends(pathway, order)]
    places, y = _row(questions, columns, TOP)
    boxes = [*places]
    for start in range(0, len(ends), columns):
        row, y = _row(ends[start : start + columns], columns, y + GAP)
        boxes += row
    at = {step: x for step, x, _y, _tall, _lines in places}
    arrows = "".join(
        _arrow(at[Step("question", name)], at[to], _reasons(pathway, name, to))
        for name in order for to in _leads(pathway, name) if to.kind == "question"
    )  # fmt: skip
    width, height = 2 * MARGIN + columns * WIDTH + (columns - 1) * GAP, y + MARGIN
    title = f"Care pathway, version {pathway.version}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
        f"<title>{title}</title><style>{STYLE}</style>{HEAD}"
        f'<text class="title" x="{MARGIN}" y="{MARGIN + 10}">{title}</text><text x="{MARGIN}" y="{MARGIN + 30}">{HOW}</text>'
        f"{arrows}{''.join(_box(*box) for box in boxes)}</svg>\n"
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


def _question(pathway: Pathway, name: str, number: int) -> Lines:
    question = pathway.questions[name]
    lines = [("if", f"{number}. {name}" + (", one or more" if question.many else ""))]
    lines += [("head", line) for line in textwrap.wrap(question.text, WRAP)]
    for option in question.options:
        lines += [("", line) for line in textwrap.wrap(f"{option.id}: {option.text}", WRAP, subsequent_indent=INDENT)]
    return lines


def _end(pathway: Pathway, step: Step, order: list[str]) -> Lines:
    title = (pathway.outcomes if step.kind == "outcome" else pathway.interruptions)[step.id].title
    lines = [("head", line) for line in textwrap.wrap(title, WRAP)]
    for number, name in enumerate(order, 1):
        for rule, when in _reasons(pathway, name, step):
            lines += [("if", line) for line in textwrap.wrap(f"{number}.{rule} {when}", WRAP, subsequent_indent=INDENT)]
    if step.kind == "outcome":
        for rank, choice in enumerate(pathway.outcomes[step.id].choices, 1):
            lines += [("", line) for line in textwrap.wrap(f"{rank}. {choice.service or choice.page}", WRAP)]
    return lines


def _reasons(pathway: Pathway, name: str, step: Step) -> list[tuple[int, str]]:
    """The rules of that question that lead to the step: number and condition."""
    rules = enumerate(pathway.questions[name].rules, 1)
    return [(number, _when(pathway, rule)) for number, rule in rules if rule.step == step]


def _when(pathway: Pathway, rule: Rule) -> str:
    parts = [f"{name} is {_told(pathway, name, options)}" for name, options in rule.when.items()]
    parts += [f"{name} is not {_told(pathway, name, options)}" for name, options in rule.never.items()]
    return "if " + ", ".join(parts) if parts else "if nothing else fits"


def _told(pathway: Pathway, name: str, chosen: frozenset[str]) -> str:
    """In the question's own order; "anything but none" where that says the same in fewer words."""
    options = pathway.questions[name].options
    others = [option for option in options if option.id not in chosen]
    alone = not pathway.questions[name].many or all(option.exclusive for option in others)
    if others and alone and 2 * len(others) < len(chosen):
        return f"anything but {' or '.join(option.id for option in others)}"
    return " or ".join(option.id for option in options if option.id in chosen)


def _box(step: Step, x: int, y: int, tall: int, lines: Lines) -> str:
    spans = "".join(
        f'<tspan class="{kind}" x="{x + PADDING}" y="{y + PADDING + LINE * number - 5}">{escape(words)}</tspan>'
        for number, (kind, words) in enumerate(lines, 1)
    )
    return f'<g class="{step.kind}"><rect x="{x}" y="{y}" width="{WIDTH}" height="{tall}" rx="8"/><text>{spans}</text></g>'


def _arrow(start: int, end: int, reasons: list[tuple[int, str]]) -> str:
    """From the right side of one question to the left of the next; over the heads of those that are passed by, with why."""
    x1, x2, y, over = start + WIDTH, end, TOP + 24, TOP - 12
    if x2 - x1 <= GAP:
        return f'<path d="M{x1} {y}H{x2}"/>'
    bend = GAP // 2
    said = escape("; ".join(when for _number, when in reasons))
    return (
        f'<path d="M{x1} {y}Q{x1 + bend} {y} {x1 + bend} {over + 8}Q{x1 + bend} {over} {x1 + bend + 8} {over}'
        f'H{x2 - bend - 8}Q{x2 - bend} {over} {x2 - bend} {over + 8}Q{x2 - bend} {y} {x2} {y}"/>'
        f'<text class="if over" x="{(x1 + x2) // 2}" y="{over - 6}">{said}</text>'
    )
