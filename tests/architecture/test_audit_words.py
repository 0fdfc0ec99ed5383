"""Whatever the code writes into the audit log, the pages that show the log have words for."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from clinic.web.portal.audit_labels import DONE

CLINIC = Path(__file__).parents[2] / "clinic"
WRITERS = ("clinic.store.audit.audit.note", "clinic.store.audit.access_log.note_seen", "clinic.store.appointments.claims.take")
"""Functions that write a row; what was done is their `action`."""
IN_SQL = {"book"}
"""Written inside a statement (store/appointments/confirmations.py)."""


@dataclass
class Module:
    """What a module says about itself: constants, functions, what it imports, and calls with the function they stand in."""

    name: str
    imported: dict[str, str] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    calls: list[tuple[ast.Call, ast.FunctionDef | None]] = field(default_factory=list)


def read(path: Path) -> Module:
    made = Module(".".join(path.relative_to(CLINIC.parent).with_suffix("").parts).removesuffix(".__init__"))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        made.constants |= {t.id: node.value for t in targets if isinstance(t, ast.Name) and node.value}  # type: ignore[attr-defined]
    for found in ast.walk(tree):
        if isinstance(found, ast.ImportFrom):
            made.imported |= {name.asname or name.name: f"{found.module}.{name.name}" for name in found.names}
    _walk(tree, None, made)
    return made


def target(module: Module, call: ast.Call) -> str:
    """The whole name of what is called; '' where it is no function of a module."""
    if isinstance(call.func, ast.Name):
        return module.imported.get(call.func.id, f"{module.name}.{call.func.id}")
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return f"{module.imported.get(call.func.value.id, '')}.{call.func.attr}"
    return ""


def _walk(node: ast.AST, inside: ast.FunctionDef | None, made: Module) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            made.functions[child.name] = child
        if isinstance(child, ast.Call):
            made.calls.append((child, inside))
        _walk(child, child if isinstance(child, ast.FunctionDef) else inside, made)


class Code:
    """All modules, and what a word for an action may be, followed back to where it is written out."""

    def __init__(self) -> None:
        self.modules = [read(path) for path in sorted(CLINIC.rglob("*.py"))]
        self.calls = defaultdict(list)
        for module in self.modules:
            for call, inside in module.calls:
                self.calls[target(module, call)].append((module, call, inside))

    def actions(self) -> dict[str, str]:
        """Every action -> a module that writes it. AssertionError where it cannot be told."""
        found = dict.fromkeys(IN_SQL, "clinic.store.appointments.confirmations")
        for module in self.modules:
            for name, definition in module.functions.items():
                if f"{module.name}.{name}" in WRITERS:
                    found |= {value: at for at, value in self._given(definition, module, "action")}
        return found

    def _given(self, definition: ast.FunctionDef, home: Module, parameter: str) -> Iterator[tuple[str, str]]:
        """(module, what is given) for a parameter of a function, over all calls of it; its default, too."""
        names = [argument.arg for argument in definition.args.args]
        for module, call, inside in self.calls[f"{home.name}.{definition.name}"]:
            value = next((keyword.value for keyword in call.keywords if keyword.arg == parameter), None)
            if value is None and parameter in names and len(call.args) > names.index(parameter):
                value = call.args[names.index(parameter)]
            if value is not None:
                yield from ((module.name, one) for one in self._values(value, inside, module))
        defaults = dict(zip(reversed(names), reversed(definition.args.defaults), strict=False))
        defaults |= {a.arg: d for a, d in zip(definition.args.kwonlyargs, definition.args.kw_defaults, strict=True) if d}
        if parameter in defaults:
            yield from ((home.name, one) for one in self._values(defaults[parameter], None, home))

    def _values(self, value: ast.expr, inside: ast.FunctionDef | None, module: Module) -> Iterator[str]:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value
        elif isinstance(value, ast.IfExp):
            yield from self._values(value.body, inside, module)
            yield from self._values(value.orelse, inside, module)
        elif isinstance(value, ast.Subscript):
            known = module.constants[value.value.id] if isinstance(value.value, ast.Name) else value.value
            assert isinstance(known, ast.Dict), ast.unparse(value)
            for one in known.values:
                yield from self._values(one, inside, module)
        elif isinstance(value, ast.JoinedStr):
            head, tail = value.values
            assert isinstance(head, ast.Constant), ast.unparse(value)
            assert isinstance(tail, ast.FormattedValue), ast.unparse(value)
            yield from (f"{head.value}{one}" for one in self._values(tail.value, inside, module))
        elif isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
            yield from self._constant(f"{module.imported[value.value.id]}.{value.attr}")
        elif isinstance(value, ast.Name):
            yield from self._named(value.id, inside, module)
        else:
            raise AssertionError(f"{module.name}: what is {ast.unparse(value)}? Write the action out.")

    def _constant(self, whole_name: str) -> Iterator[str]:
        """A constant of another module."""
        home, _, name = whole_name.rpartition(".")
        (module,) = [one for one in self.modules if one.name == home]
        yield from self._values(module.constants[name], None, module)

    def _named(self, name: str, inside: ast.FunctionDef | None, module: Module) -> Iterator[str]:
        if inside is None or name in module.constants:
            yield from self._values(module.constants[name], None, module)
            return
        if name in module.imported:
            yield from self._constant(module.imported[name])
            return
        assigned = [
            node.value
            for node in ast.walk(inside)
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
        ]
        for value in assigned:
            yield from self._values(value, inside, module)
        if not assigned:
            assert name in _parameters(inside), f"{module.name}: where does {name} in {inside.name} come from?"
            yield from (value for _at, value in self._given(inside, module, name))


def _parameters(function: ast.FunctionDef) -> set[str]:
    return {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}


def test_every_action_of_the_log_has_words() -> None:
    found = Code().actions()
    assert {"book", "see_task", "undo_arrive", "account_reset", "sign_in", "see_answers", "miss"} <= set(found), sorted(found)
    assert {action: at for action, at in found.items() if action not in DONE} == {}
