"""Labelled arrays, automatic differentiation and fast 1-D convolutional networks on the CPU, in
MATLAB's terms.

``import dlarray as dl`` and ``from dlarray import dlarray, convolution1dLayer`` are both normal
use.  Names that shadow Python's own (`sum`, `max`, `abs`, `round`, `complex`, ...) are here but are
not imported by ``*``.

What is public stands in `__init__.pyi`, where type checkers read it.  Here it is the list of names
that are imported when they are first used (PEP 562): all at once takes 1.6 times as long as `import
numba` alone.
"""

import ast
import importlib
import pathlib
from typing import Any

__version__ = "0.1.0"

_SHADOWING = {"abs", "all", "any", "complex", "max", "min", "round", "sum"}


def _public_names() -> dict[str, str]:
    """The module that each public name comes from, read from the stub; "" for a module of this
    package.
    """
    stub = ast.parse(pathlib.Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in imports for alias in node.names}


_PUBLIC = _public_names()

__all__ = sorted(set(_PUBLIC) - _SHADOWING)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'dlarray' has no attribute {name!r}")
    module = _PUBLIC[name]
    if not module:
        return importlib.import_module(f"{__name__}.{name}")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
