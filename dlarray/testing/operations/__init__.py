"""The registry of public operations: for each its format rule, its derivative and its test cases.

Tests walk it (`tests/operations`), and the reference prints its rules.  A public function of arrays
without an entry fails a test.  Each module but `registry` holds the entries of one family, as
``OPERATIONS``.
"""

import importlib
import pkgutil

from .registry import Operand, Operation, Sample

_FAMILIES = [name for _, name, _ in pkgutil.iter_modules(__path__) if name != "registry"]

OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for family in _FAMILIES
    for operation in importlib.import_module(f"{__name__}.{family}").OPERATIONS
}

__all__ = ["OPERATIONS", "Operand", "Operation", "Sample"]
