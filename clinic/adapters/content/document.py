"""A YAML mapping that remembers where each of its keys stands, so that what is wrong is named by file and line."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import yaml


class ContentError(Exception):
    """What is wrong in a content file, as "file:line: what to do"."""

    def __init__(self, file: Path, line: int, sentence: str) -> None:
        super().__init__(f"{file}:{line}: {sentence}")


class Document:
    """A YAML mapping that remembers the line of each of its keys, to refuse them by."""

    def __init__(self, file: Path, text: str, first_line: int = 1) -> None:
        self._file, self._first = file, first_line
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            self.data: Any = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 (a SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise ContentError(file, first_line + (mark.line if mark else 0), f"This is not YAML: {error.problem}.") from None
        except (yaml.YAMLError, ValueError) as error:
            raise ContentError(file, first_line, f"This is not YAML: {error}.") from None
        self._node = node
        if not isinstance(self.data, dict):
            raise ContentError(file, first_line, "Write keys and values here, such as title: Physical therapy.")

    def refuse(self, sentence: str, *path: str | int) -> NoReturn:
        """Raise ContentError at the line of what stands at `path`, or of the nearest thing around it."""
        raise ContentError(self._file, self._first + self._line(path), sentence)

    def _line(self, path: tuple[str | int, ...]) -> int:
        node, line = self._node, 0
        for part in path:
            if isinstance(node, yaml.MappingNode):
                found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
                if found is None:
                    break
                line, node = found[0].start_mark.line, found[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line
        return line

    def text(self, *path: str | int, optional: bool = False) -> str:
        """The words at `path`. Refuses none, unless they are optional."""
        value = self._at(path)
        if value is None and optional:
            return ""
        if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
            self.refuse(f"{path[-1]} is missing: write some words.", *path)
        return str(value).strip()

    def day(self, *path: str | int) -> date:
        value = self._at(path)
        if not isinstance(value, date):
            self.refuse(f"{path[-1]} is missing: write a date such as 2027-05-22.", *path)
        return value

    def list(self, *path: str | int, optional: bool = False) -> list[Any]:
        value = self._at(path)
        if value is None and optional:
            return []
        if not isinstance(value, list) or not value:
            self.refuse(f"{path[-1]} is missing: write a list with at least one entry.", *path)
        return value

    def mapping(self, *path: str | int, optional: bool = False) -> dict[str, Any]:
        value = self._at(path)
        if value is None and optional:
            return {}
        if not isinstance(value, dict):
            self.refuse(f"{path[-1]} is missing: write keys and values.", *path)
        return value

    def _at(self, path: tuple[str | int, ...]) -> Any:
        value = self.data
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value


class _UniqueKeys(yaml.SafeLoader):
    """Refuses a key that is there twice: the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _value in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"{key.value} is there twice", problem_mark=key.start_mark)
            seen.add(key.value)
        made: dict[Any, Any] = super().construct_mapping(node, deep)
        return made
