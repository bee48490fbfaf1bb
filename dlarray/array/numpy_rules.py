"""The rules of NumPy's functions for labels, under NumPy's names of options.

A rule ends in a public function of this package, looked up by name when it is called, or in
indexing.  Meanings are NumPy's: `numpy.sum(X)` is over all dimensions, an axis may be negative, and
a label is accepted as axis.  Reduced dimensions stay, with size 1.  A rule has those parameters of
NumPy's function that mean something here; `numpy_functions` refuses the others.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import formats
from . import selection
from .core import dlarray, no_rule

RULES: dict[str, Callable[..., Any]] = {}


def public(name: str) -> Callable[..., Any] | None:
    """A public function of the package; None if it has none of this name."""
    return getattr(sys.modules[__name__.split(".", maxsplit=1)[0]], name, None)


def own(name: str) -> Callable[..., Any]:
    """A public function of the package, or an error."""
    function = public(name)
    if function is None:
        raise TypeError(no_rule(name))
    return function


def rule(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: the rule of the functions of these names."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        RULES.update(dict.fromkeys(names, function))
        return function

    return add


# -- over and along dimensions --------------------------------------------------------------------


def _stays(call: str, keepdims: Any) -> None:
    if keepdims is not True:
        raise ValueError(
            f"numpy.{call}: reduced dimensions stay, with size 1; got keepdims={keepdims!r}. Leave "
            "the option out, and use squeeze after."
        )


def _over(axis: Any) -> Any:
    return "all" if axis is None else axis


def required(call: str, axis: Any) -> Any:
    """The axis, which must be given."""
    if axis is None:
        raise ValueError(
            f"numpy.{call}: without an axis NumPy flattens the array, and its labels would go. "
            "Give an axis or a label, or use extractdata for the values alone."
        )
    return axis


def of_axis(call: str, X: dlarray, axis: Any) -> int:
    return formats.resolve_axis(required(call, axis), X.fmt, X.ndim, f"numpy.{call}")


def _reduction(name: str, of: str) -> None:
    @rule(name)
    def function(a: Any, axis: Any = None, keepdims: Any = True) -> Any:
        _stays(name, keepdims)
        return own(of)(a, dim=_over(axis))


for _name in ("sum", "mean", "prod", "max", "min", "any", "all", "median"):
    _reduction(_name, _name)
_reduction("amax", "max")
_reduction("amin", "min")


def _spread(name: str) -> None:
    @rule(name)
    def function(a: Any, axis: Any = None, ddof: Any = 0, keepdims: Any = True) -> Any:
        _stays(name, keepdims)
        if ddof not in (0, 1):
            raise ValueError(f"numpy.{name}: the divisor is n or n - 1, ddof 0 or 1; got {ddof!r}.")
        return own(name)(a, 1 - int(ddof), dim=_over(axis))


_spread("std")
_spread("var")


def _along(name: str, default: Any, **options: Any) -> None:
    @rule(name)
    def function(a: Any, axis: Any = default) -> Any:
        return own(name)(a, dim=required(name, axis), **options)


_along("cumsum", None)
_along("cumprod", None)
_along("sort", -1)


def _places(name: str, of: str, default: Any) -> None:
    """The second output of a function: indices."""

    @rule(name)
    def function(a: Any, axis: Any = default) -> Any:
        return own(of)(a, dim=required(name, axis), nargout=2)[1]


_places("argmax", "max", None)
_places("argmin", "min", None)
_places("argsort", "sort", -1)


@rule("count_nonzero")
def _count_nonzero(a: Any, axis: Any = None, keepdims: Any = True) -> Any:
    _stays("count_nonzero", keepdims)
    return own("sum")(own("ne")(a, 0), dim=_over(axis))


@rule("ptp")
def _ptp(a: Any, axis: Any = None, keepdims: Any = True) -> Any:
    _stays("ptp", keepdims)
    return own("max")(a, dim=_over(axis)) - own("min")(a, dim=_over(axis))


@rule("diff")
def _diff(a: Any, n: Any = 1, axis: Any = -1) -> Any:
    return own("diff")(a, n, dim=axis)


# -- elements -------------------------------------------------------------------------------------


@rule("where")
def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None or y is None:
        raise TypeError(
            "numpy.where: of a condition alone come indices, which have no labels. Give x and y, "
            "or use extractdata for the values alone."
        )
    return selection.where(condition, x, y)


@rule("clip")
def _clip(a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    a = a if low is None else own("max")(a, low)
    return a if high is None else own("min")(a, high)


@rule("real")
def _real(val: Any) -> Any:
    return own("real")(val)


@rule("imag")
def _imag(val: Any) -> Any:
    return own("imag")(val)


@rule("angle")
def _angle(z: Any) -> Any:
    return own("angle")(z)


@rule("fix")
def _fix(x: Any) -> Any:
    return own("fix")(x)


@rule("isclose")
def _isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False) -> Any:
    x, y = _double(a), _double(b)
    with np.errstate(invalid="ignore"):  # of two infinities
        near = (own("abs")(x - y) <= atol + rtol * own("abs")(y)) & (own("abs")(y) < np.inf)
    near = near | (x == y)
    return near | (_missing(x) & _missing(y)) if equal_nan else near


def _missing(x: dlarray) -> Any:
    return own("ne")(x, x)


def _double(a: Any) -> Any:
    return own("double")(a if isinstance(a, dlarray) else dlarray(a))


@rule("allclose")
def _allclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False) -> bool:
    return bool(own("all")(_isclose(a, b, rtol, atol, equal_nan), dim="all"))


@rule("array_equal")
def _array_equal(a1: Any, a2: Any, equal_nan: Any = False) -> bool:
    fmts = {x.fmt for x in (a1, a2) if isinstance(x, dlarray)}
    one, two = (x.extractdata() if isinstance(x, dlarray) else x for x in (a1, a2))
    return len(fmts) == 1 and np.array_equal(one, two, equal_nan=bool(equal_nan))


# -- products and transforms ----------------------------------------------------------------------


@rule("dot")
def _dot(a: Any, b: Any) -> Any:
    return own("mtimes")(a, b)


def _of_one(name: str, of: str) -> None:
    @rule(name)
    def function(a: Any) -> Any:
        return own(of)(a)


_of_one("linalg.inv", "inv")
_of_one("linalg.det", "det")
_of_one("linalg.pinv", "pinv")


@rule("linalg.solve")
def _solve(a: Any, b: Any) -> Any:
    return own("mldivide")(a, b)


def _transform(name: str) -> None:
    @rule(f"fft.{name}")
    def function(a: Any, n: Any = None, axis: Any = -1) -> Any:
        return own(name)(a, n, dim=axis)


_transform("fft")
_transform("ifft")
