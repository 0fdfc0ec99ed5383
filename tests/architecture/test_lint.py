"""The linters are part of the suite, so that its closing line speaks for them too."""

from __future__ import annotations

import os
import subprocess

from clinic.config import ROOT


def test_make_lint_is_silent() -> None:
    environ = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    ended = subprocess.run(["make", "-s", "lint"], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
