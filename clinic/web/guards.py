"""Who may call a view, said on the view itself, where a test can see it.

Every route carries a guard; tests/architecture refuses one that does not. Guards of the staff's rooms stand here too,
once there are sign-ins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

MARK = "__guard__"


def public(view: View) -> View:
    """Anybody may call this view (a function, or a MethodView class)."""
    setattr(view, MARK, "public")
    return view


def guard_of(view: Callable[..., Any]) -> str | None:
    """The name of the guard on a view function, or on the class behind it; None when there is none."""
    guard: str | None = getattr(view, MARK, None) or getattr(getattr(view, "view_class", None), MARK, None)
    return guard
