"""Finds every field that a view may read of what was sent: in its form, and in the query of its address.

The source is walked: the view, what wraps it, every function and class of the web's that these call, and the form classes that
they make. Nothing is run. A read whose name cannot be worked out is found as well, as UNKNOWN, together with where it stands.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property
from itertools import product
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import flask
from wtforms import Form as AnyForm

from clinic.web.fields import PARTS, DateInPartsField

SOURCES = frozenset({"form", "args", "values", "json", "data", "files", "stream", "get_json", "get_data"})
"""What of a request whoever sends it may fill with fields. Cookies, headers and the address itself are not asked here."""
KEYED = frozenset({"get", "getlist", "pop", "poplist", "setdefault", "__getitem__"})
WALKED = ("clinic.web", "tests.web")
"""Packages whose source is walked. Use cases and what is below them know of no request."""
UNKNOWN = "?"
CARRIED = "carried"
"""The source of a form that is made of something else than the request itself."""


class Field(NamedTuple):
    """A name that is read of one source: "form", "args", "values" or CARRIED. UNKNOWN comes with where it is read in `at`."""

    source: str
    name: str
    at: str = ""

    def __str__(self) -> str:
        return {"args": "?", CARRIED: "…"}.get(self.source, "") + (f"{self.name} in {self.at}" if self.at else self.name)


class Source(NamedTuple):
    """What a variable stands for that was given all fields of a source."""

    name: str


Known = Mapping[str, Any]
"""By variable: a Source, or a tuple of the texts that it may be."""


class Walked(NamedTuple):
    """What a view may read, and the lines (file, number) in which a source was met on the way."""

    fields: frozenset[Field]
    lines: frozenset[tuple[str, int]]


def fields_of(view: Callable[..., Any]) -> frozenset[Field]:
    """Find every field that the view may read, whichever way it goes."""
    return walk(view).fields


def walk(view: Callable[..., Any]) -> Walked:
    """Walk the source of a view, and of all that it calls in the web."""
    found: set[Field] = set()
    lines: set[tuple[str, int]] = set()
    done: set[Any] = set()
    waiting: list[tuple[Any, Known]] = [(view, {})]
    while waiting:
        target, known = waiting.pop()
        key = (target, frozenset(known.items()))
        if key in done:
            continue
        done.add(key)
        if inspect.isclass(target):
            waiting += [(method, {}) for method in _methods(target)]
            continue
        if not _is_written(target):
            continue
        one = _Walk(target, known)
        one.walk()
        found |= one.found
        lines |= one.lines
        waiting += one.calls
    return Walked(frozenset(found), frozenset(lines))


def lines_with_sources(text: str) -> list[int]:
    """Find the lines of a module in which anything is taken from a form or a query."""
    nodes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute) and node.attr in SOURCES)
    return [node.lineno for node in nodes if isinstance(node.value, ast.Name) and node.value.id == "request"]


def names_in(form: type[AnyForm]) -> list[str]:
    """List what a form class reads: the names of its fields, of a date in three boxes those of the boxes."""
    names = []
    for name in dir(form):
        kind = getattr(getattr(form, name), "field_class", None)
        if kind is not None:
            names += [f"{name}_{part}" for part in PARTS] if issubclass(kind, DateInPartsField) else [name]
    return names


def _methods(target: type) -> Iterator[FunctionType]:
    for one in target.__mro__:
        if _is_walked(one):
            for value in vars(one).values():
                plain = getattr(value, "__func__", None) or getattr(value, "fget", None) or getattr(value, "func", None) or value
                if isinstance(plain, FunctionType):
                    yield plain


def _is_written(function: FunctionType) -> bool:
    """Whether it has a source: a dataclass's own methods have none."""
    return function.__code__.co_filename.endswith(".py")


def _is_walked(target: Any) -> bool:
    return str(getattr(target, "__module__", "")).startswith(WALKED)


@cache
def _node_of(code: Any) -> ast.AST:
    """The definition itself, without what decorates it: that is walked as the wrapper that it made."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    return next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


class _Walk:
    """One function, with what is known of its arguments: what it reads, and whom it calls."""

    def __init__(self, function: FunctionType, known: Known) -> None:
        self.function, self.known = function, dict(known)
        self.found: set[Field] = set()
        self.lines: set[tuple[str, int]] = set()
        self.calls: list[tuple[Any, Known]] = []

    def walk(self) -> None:
        node: Any = _node_of(self.function.__code__)
        for inner in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(inner)

    @cached_property
    def closed_over(self) -> dict[str, Any]:
        cells = self.function.__closure__ or ()
        return {name: cell.cell_contents for name, cell in zip(self.function.__code__.co_freevars, cells, strict=True)}

    def visit(self, node: ast.AST | None) -> None:
        if node is None:
            return
        if self.source_of(node):
            self.unknown(node)
            return
        handler = getattr(self, f"on_{type(node).__name__}", None)
        if handler is None or not handler(node):
            for child in ast.iter_child_nodes(node):
                self.visit(child)

    # What is read

    def on_Call(self, node: ast.Call) -> bool:  # noqa: N802 (as ast names it)
        method = node.func
        if self.source_of(method):
            self.unknown(method)
            return True
        if isinstance(method, ast.Attribute) and (source := self.source_of(method.value)):
            if method.attr in KEYED and node.args:
                self.read(source, node.args[0], node)
                self.visit_all([*node.args[1:], *(word.value for word in node.keywords)])
            else:
                self.unknown(node)
            return True
        targets = self.resolve(method)
        self.visit_callee(method)
        given = [*node.args, *(word.value for word in node.keywords)]
        self.visit_all(one for one in given if not (targets and self.source_of(one)))
        for target in targets:
            self.call(target, node)
        return True

    def on_Subscript(self, node: ast.Subscript) -> bool:  # noqa: N802
        source = self.source_of(node.value)
        if source:
            self.read(source, node.slice, node)
        return bool(source)

    def on_Compare(self, node: ast.Compare) -> bool:  # noqa: N802
        source = self.source_of(node.comparators[0])
        if source and isinstance(node.ops[0], ast.In | ast.NotIn) and len(node.ops) == 1:
            self.read(source, node.left, node)
            return True
        return False

    def on_Assign(self, node: ast.Assign) -> bool:  # noqa: N802
        return any(self.bind(target, node.value) for target in node.targets)

    def on_AnnAssign(self, node: ast.AnnAssign) -> bool:  # noqa: N802
        return node.value is not None and self.bind(node.target, node.value)

    def on_NamedExpr(self, node: ast.NamedExpr) -> bool:  # noqa: N802
        return self.bind(node.target, node.value)

    def bind(self, target: ast.AST, value: ast.AST) -> bool:
        """Whether the value is all of a source and nothing more is to be walked there."""
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            return all(self.bind(*pair) or self.visit(pair[1]) is None for pair in zip(target.elts, value.elts, strict=True))
        if isinstance(target, ast.Name) and (source := self.source_of(value) or self.copied(value)):
            self.known[target.id] = Source(source)
            if isinstance(value, ast.DictComp):
                self.visit(value.value)
            return True
        if isinstance(target, ast.Name):
            self.known.pop(target.id, None)
        return False

    def copied(self, value: ast.AST) -> str:
        """The source, of a dictionary of all that it has, by the same names."""
        if not isinstance(value, ast.DictComp) or len(value.generators) != 1 or value.generators[0].ifs:
            return ""
        loop = value.generators[0]
        whole = self.items_of(loop.iter)
        names = loop.target.elts[0] if isinstance(loop.target, ast.Tuple) else None
        same = isinstance(names, ast.Name) and isinstance(value.key, ast.Name) and names.id == value.key.id
        return whole if same else ""

    def items_of(self, node: ast.AST) -> str:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "items":
            return self.source_of(node.func.value)
        return ""

    def on_DictComp(self, node: ast.DictComp) -> bool:  # noqa: N802
        return self.comprehend(node, [node.key, node.value])

    def on_ListComp(self, node: ast.ListComp) -> bool:  # noqa: N802
        return self.comprehend(node, [node.elt])

    def on_SetComp(self, node: ast.SetComp) -> bool:  # noqa: N802
        return self.comprehend(node, [node.elt])

    def on_GeneratorExp(self, node: ast.GeneratorExp) -> bool:  # noqa: N802
        return self.comprehend(node, [node.elt])

    def comprehend(self, node: Any, results: list[ast.AST]) -> bool:
        before = dict(self.known)
        for loop in node.generators:
            source = self.items_of(loop.iter)
            prefix = self.prefix(loop) if source else None
            if prefix:
                self.found.add(Field(source, f"{prefix}*"))
            else:
                self.visit(loop.iter)
            self.loop(loop.target, loop.iter)
            self.visit_all(loop.ifs)
        self.visit_all(results)
        self.known = before
        return True

    def prefix(self, loop: ast.comprehension) -> str | None:
        """Of names that are taken from all that was sent, what they are asked to begin with."""
        for test in loop.ifs:
            for call in ast.walk(test):
                starts = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "startswith"
                if starts and isinstance(call, ast.Call):
                    texts = self.texts(call.args[0])
                    return texts[0] if texts else None
        return None

    def on_For(self, node: ast.For) -> bool:  # noqa: N802
        self.visit(node.iter)
        self.loop(node.target, node.iter)
        self.visit_all([*node.body, *node.orelse])
        return True

    def loop(self, target: ast.AST, over: ast.AST) -> None:
        """What the variables of a loop may be, where it goes over texts that are written down."""
        if isinstance(target, ast.Name):
            self.known.pop(target.id, None)
            if texts := self.each(over):
                self.known[target.id] = texts

    def each(self, over: ast.AST) -> tuple[str, ...]:
        if isinstance(over, ast.Tuple | ast.List | ast.Set):
            texts = [self.texts(one) for one in over.elts]
            return tuple(text for some in texts if some for text in some) if all(texts) else ()
        value = self.value_of(over)
        is_plain = isinstance(value, tuple | list | frozenset | dict) and all(isinstance(one, str) for one in value)
        return tuple(value) if is_plain and value is not None else ()

    def read(self, source: str, key: ast.AST, node: ast.AST) -> None:
        texts = self.texts(key)
        self.visit(key)
        if not texts:
            self.unknown(node, source)
            return
        self.found |= {Field(source, text) for text in texts}

    def texts(self, node: ast.AST) -> tuple[str, ...]:
        """Every text that it may be; "*" stands in for a part that only the running program knows. Empty: nothing is known."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return (node.value,)
        if isinstance(node, ast.JoinedStr):
            parts = [self.texts(one.value if isinstance(one, ast.FormattedValue) else one) or ("*",) for one in node.values]
            whole = tuple("".join(choice) for choice in product(*parts))
            return () if set("".join(whole)) <= {"*"} else whole
        if isinstance(node, ast.Name) and isinstance(known := self.known.get(node.id), tuple) and not isinstance(known, Source):
            return known
        value = self.value_of(node)
        return (value,) if isinstance(value, str) else ()

    def unknown(self, node: ast.AST, source: str = "") -> None:
        found = source or self.source_of(node) or next((s for one in ast.walk(node) if (s := self.source_of(one))), "")
        where = f"{self.function.__module__.removeprefix('clinic.')}.{self.function.__qualname__}"
        self.found.add(Field(found, UNKNOWN, where))

    def source_of(self, node: ast.AST) -> str:
        """Of an expression that is all of the form, or of the address, which; '' for anything else."""
        if isinstance(node, ast.Name):
            known = self.known.get(node.id)
            return known.name if isinstance(known, Source) else ""
        if isinstance(node, ast.IfExp):
            return self.source_of(node.body) or self.source_of(node.orelse)
        if isinstance(node, ast.BoolOp):
            return next((found for one in node.values if (found := self.source_of(one))), "")
        if isinstance(node, ast.Attribute) and node.attr in SOURCES and self.value_of(node.value) is flask.request:
            code = self.function.__code__
            self.lines.add((code.co_filename, code.co_firstlineno + node.lineno - 1))
            return node.attr
        return ""

    # Whom it calls

    def call(self, target: Any, node: ast.Call) -> None:
        if inspect.isclass(target) and issubclass(target, AnyForm):
            self.calls.append((target, {}))
            self.fill(target, node)
            return
        plain = getattr(target, "__func__", target)
        if not _is_walked(plain) or not (inspect.isclass(plain) or isinstance(plain, FunctionType)):
            for one in [*node.args, *(word.value for word in node.keywords)]:
                if self.source_of(one):
                    self.unknown(one)
            return
        if inspect.isclass(plain):
            self.visit_all(one for one in node.args if self.source_of(one))
            self.calls.append((plain, {}))
            return
        names = list(inspect.signature(plain, follow_wrapped=False).parameters)
        if inspect.ismethod(target):
            names = names[1:]
        given = [*zip(names, node.args, strict=False), *((word.arg, word.value) for word in node.keywords)]
        known: dict[str, Any] = {}
        for name, value in given:
            if source := self.source_of(value):
                known[name or ""] = Source(source)
            elif texts := self.texts(value):
                known[name or ""] = texts
        self.calls.append((plain, known))

    def fill(self, form: type[AnyForm], node: ast.Call) -> None:
        """A form reads all its fields; one that is made of nothing reads none."""
        sent = node.args[0] if node.args else next((word.value for word in node.keywords if word.arg == "formdata"), None)
        if isinstance(sent, ast.Constant) and sent.value is None:
            return
        source = "form" if sent is None else self.source_of(sent) or CARRIED
        self.found |= {Field(source, name) for name in names_in(form)}

    def visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def visit_callee(self, node: ast.AST) -> None:
        if not isinstance(node, ast.Name):
            for child in ast.iter_child_nodes(node):
                self.visit(child)

    def on_Name(self, node: ast.Name) -> bool:  # noqa: N802
        """A function that is handed on is called by somebody."""
        self.calls += [(one, {}) for one in self.resolve(node) if _is_walked(one) and isinstance(one, FunctionType)]
        return True

    def resolve(self, node: ast.AST) -> list[Any]:
        """What may be called by that name: one function or class, or each that a table has."""
        if isinstance(node, ast.Subscript):
            table = self.value_of(node.value)
            if not isinstance(table, dict):
                return []
            chosen = self.texts(node.slice)
            return [one for key, one in table.items() if (not chosen or key in chosen) and callable(one)]
        if isinstance(node, ast.IfExp):
            return self.resolve(node.body) + self.resolve(node.orelse)
        value = self.value_of(node)
        return [value] if callable(value) else []

    def value_of(self, node: ast.AST) -> Any:
        """What a name stands for once the module is loaded; None for what only the running program knows."""
        if isinstance(node, ast.Name):
            if node.id in self.function.__code__.co_varnames:
                return None
            inside = {**vars(__import__("builtins")), **self.function.__globals__, **self.closed_over}
            return inside.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self.value_of(node.value)
            return getattr(owner, node.attr, None) if isinstance(owner, ModuleType) or inspect.isclass(owner) else None
        return None
