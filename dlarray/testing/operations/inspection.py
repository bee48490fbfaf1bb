"""Functions that tell labels, sizes, types and values; and conversions of types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import array as dl
from .registry import ANY, Operand, Operation, Sample, one


def _telling(function: Callable[..., Any], what: str, *arguments: Any) -> Operation:
    """A function that gives no array."""
    return Operation(
        function.__name__,
        formats=f"any; the result is {what}",
        derivative="none: the result is no array of numbers computed from X",
        order=0,
        samples=one(lambda X: function(X, *arguments)),
    )


OPERATIONS = (
    _telling(dl.dims, "the format, a text"),
    _telling(dl.finddim, "the axes with a label, a tuple", "U"),
    _telling(dl.size, "a tuple of sizes, or one"),
    _telling(dl.ndims, "a number"),
    _telling(dl.numel, "a number"),
    _telling(dl.length, "a number"),
    _telling(dl.isempty, "true or false"),
    _telling(dl.isscalar, "true or false"),
    _telling(dl.isvector, "true or false"),
    _telling(dl.isrow, "true or false"),
    _telling(dl.iscolumn, "true or false"),
    _telling(dl.ismatrix, "true or false"),
    _telling(dl.isdlarray, "true or false"),
    _telling(dl.isfloat, "true or false"),
    _telling(dl.isnumeric, "true or false"),
    _telling(dl.islogical, "true or false"),
    _telling(dl.isreal, "true or false"),
    _telling(dl.underlyingType, "a text"),
    _telling(dl.isUnderlyingType, "true or false", "double"),
    Operation(
        "isequal",
        formats="any; true if the formats, sizes and values are equal",
        derivative="none: the result is true or false",
        order=0,
        samples=(Sample(dl.isequal, (Operand("CB"), Operand("CB"))),),
    ),
    Operation(
        "extractdata",
        formats="any; the result is a NumPy array in the order of the format",
        derivative="none: the trace ends",
        order=0,
        samples=one(dl.extractdata),
    ),
    Operation(
        "gather",
        formats="the format of X, any",
        derivative="the identity",
        order=2,
        samples=one(dl.gather),
    ),
    Operation(
        "single",
        formats="the format of X, any",
        derivative="the identity, in the type of X",
        order=0,  # in double precision there is nothing to compare a rounded result with
        samples=one(dl.single),
    ),
    Operation(
        "double",
        formats="the format of X, any",
        derivative="the identity, in the type of X",
        order=2,
        samples=one(dl.double),
    ),
    Operation(
        "cast",
        formats="the format of X, any",
        derivative="the identity, in the type of X; none for logical",
        order=2,
        samples=(
            *one(lambda X: dl.cast(X, "double")),
            Sample(lambda X, Y: dl.cast(X, like=Y), (Operand("CB"), Operand())),
        ),
    ),
    Operation(
        "logical",
        formats="the format of X, any",
        derivative="none: the result is logical",
        order=0,
        samples=one(dl.logical, ANY),
    ),
)
