"""Every module that has a table, loaded: of a foreign key both ends must be known before the first row is written."""

from __future__ import annotations

import importlib
import pkgutil

import clinic.store

for _module in pkgutil.iter_modules(clinic.store.__path__, "clinic.store."):
    importlib.import_module(_module.name)
