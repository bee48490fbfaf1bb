"""The algebra of dimension labels: strings and shapes in, strings, shapes and axes out.

A *format* is a string with one label a dimension: S (spatial), C (channel), B (batch), T (time), U
(unspecified).  Formats are always in the canonical order ``S.. C B T U..``; C, B and T occur once
at most. The empty string is the format of unformatted data.

Everything that labels decide is decided here, once, for arrays, layers and networks alike, and
without an array: rules that depend on formats and ranks alone are cached.  A formatted array has at
least two dimensions; a trailing U of size 1 after the second is dropped (`trim`).

The rules are those of MATLAB's labelled arrays; axes are counted from 0.
"""

from .labels import (
    LABELS,
    Axes,
    Construction,
    Dim,
    FormatError,
    Shape,
    ShapeError,
    canonical_order,
    construct,
    describe,
    find,
    first_nonsingleton,
    inverse,
    memory_order,
    one_axis,
    parse,
    quoted,
    resolve_axes,
    resolve_axis,
    trim,
)
from .layout import networkDataLayout
from .rules import (
    Expansion,
    broadcast,
    concatenated,
    extended,
    insert,
    match,
    permutation,
    require_possible,
    squeezed,
    strip_operated,
    stripped,
    transposed,
)

for _error in (FormatError, ShapeError):
    _error.__module__ = "dlarray"  # where users find them

__all__ = [
    "LABELS",
    "Axes",
    "Construction",
    "Dim",
    "Expansion",
    "FormatError",
    "Shape",
    "ShapeError",
    "broadcast",
    "canonical_order",
    "concatenated",
    "construct",
    "describe",
    "extended",
    "find",
    "first_nonsingleton",
    "insert",
    "inverse",
    "match",
    "memory_order",
    "networkDataLayout",
    "one_axis",
    "parse",
    "permutation",
    "quoted",
    "require_possible",
    "resolve_axes",
    "resolve_axis",
    "squeezed",
    "strip_operated",
    "stripped",
    "transposed",
    "trim",
]
