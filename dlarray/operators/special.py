"""Error functions and the gamma function; real numbers only."""

from __future__ import annotations

import math
from typing import Any

from .. import kernels
from ..tape import Array, operator
from . import _special
from ._quiet import quietly
from .elementwise import exp, like, mul, neg


@operator
def erf(x: Array) -> Array:
    """The error function."""
    return kernels.erf(x)


@erf.backward
def _(dy: Any, _y: Any, x: Any) -> Any:
    return (mul(dy, _bell(x)),)


@operator
def erfc(x: Array) -> Array:
    """1 - erf(x), accurate where that is small."""
    return quietly(_special.in_double, _special.erfc, x)


@erfc.backward
def _(dy: Any, _y: Any, x: Any) -> Any:
    return (neg(mul(dy, _bell(x))),)


def _bell(x: Any) -> Any:
    """The derivative of erf."""
    return mul(exp(neg(mul(x, x))), like(x, 2 / math.sqrt(math.pi)))


@operator
def gamma(x: Array) -> Array:
    """The gamma function; Inf at 0, NaN at negative whole numbers."""
    return quietly(_special.in_double, _special.gamma, x)


@gamma.backward
def _(dy: Any, y: Any, x: Any) -> Any:
    return (mul(dy, mul(y, digamma(x))),)


@operator
def gammaln(x: Array) -> Array:
    """log |gamma(x)|; Inf at 0 and at negative whole numbers."""
    return quietly(_special.in_double, _special.gammaln, x)


@gammaln.backward
def _(dy: Any, _y: Any, x: Any) -> Any:
    return (mul(dy, digamma(x)),)


@operator
def digamma(x: Array) -> Array:
    """The derivative of `gammaln`."""
    return quietly(_special.in_double, _special.digamma, x)


@digamma.backward
def _(dy: Any, _y: Any, x: Any) -> Any:
    return (mul(dy, trigamma(x)),)


@operator
def trigamma(x: Array) -> Array:
    """The derivative of `digamma`.  It has no rule: a third derivative of gamma is an error."""
    return quietly(_special.in_double, _special.trigamma, x)
