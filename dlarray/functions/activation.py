"""`relu`, `leakyrelu`, `gelu`, `sigmoid`, `softmax`, `dropout`."""

from __future__ import annotations

from typing import Any

from .. import _calls, _checks, operators
from ..array import dlarray, require_dlarray, require_float, require_label, unary, wrap
from ..formats import memory_order
from ._formats import labelled
from .random import draw_key


def relu(X: Any) -> dlarray:
    """max(x, 0) of every element, any format; NaN stays NaN, and the derivative at 0 is 0.

    Examples
    --------
    >>> relu(dlarray([-1.0, 2.0], "C")).extractdata().ravel()
    array([0., 2.])
    """
    return unary("relu", operators.relu, X)


@_calls.explained
def leakyrelu(X: Any, scaleFactor: float = 0.01) -> dlarray:
    """x where it is at least 0, else scaleFactor * x, of every element, any format.

    The derivative at 0 is scaleFactor.

    Parameters
    ----------
    X : data of any format.
    scaleFactor : a finite number, what elements below 0 are multiplied by.

    Raises
    ------
    TypeError : logical data.

    Examples
    --------
    >>> leakyrelu(dlarray([-1.0, 2.0], "C"), 0.25).extractdata().ravel()
    array([-0.25,  2.  ])
    """
    scale = _checks.number("leakyrelu", "scaleFactor", scaleFactor, above=True, below=True)
    return unary("leakyrelu", lambda x: operators.leakyrelu(x, scale=scale), X)


@_calls.explained
def gelu(X: Any, *, Approximation: str = "none") -> dlarray:
    """x Phi(x) of every element, with Phi the distribution of the normal distribution, any format.

    Parameters
    ----------
    X : data of any format.
    Approximation : "none" for ``x/2 (1 + erf(x/sqrt(2)))``, or "tanh" for
        ``x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))``.

    Raises
    ------
    TypeError : logical data.
    ValueError : another Approximation.

    Examples
    --------
    >>> gelu(dlarray([-1.0, 2.0], "C")).extractdata().ravel().round(4)
    array([-0.1587,  1.9545])
    """
    kind = _checks.choice("gelu", "Approximation", Approximation, ("none", "tanh"))
    return unary("gelu", lambda x: operators.gelu(x, tanh=kind == "tanh"), X)


def sigmoid(X: Any) -> dlarray:
    """1 / (1 + exp(-x)) of every element, any format.

    Examples
    --------
    >>> sigmoid(dlarray([0.0, 2.0], "C")).data.ravel().round(4)
    array([0.5   , 0.8808])
    """
    return unary("sigmoid", operators.sigmoid, X)


@_calls.explained
def softmax(X: Any, *, DataFormat: str | None = None) -> dlarray:
    """exp(x) / sum exp(x) over the channels, for every other index.

    Parameters
    ----------
    X : data with a C dimension.
    DataFormat : labels of an unformatted X; the result is then unformatted.

    Raises
    ------
    FormatError : no C dimension.

    Examples
    --------
    >>> softmax(dlarray([[0.0, 1.0], [0.0, 1.0]], "CB")).extractdata().tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    x, restore = labelled("softmax", X, DataFormat)
    require_float(x, "softmax")
    axis = require_label(x, "C", "softmax")
    return restore(wrap(operators.softmax(x, axis=axis), x.fmt))


def dropout(X: Any, probability: float) -> dlarray:
    """Each element is 0 with this probability, else divided by 1 - probability; any format.

    The mask is drawn from the generator that `rng` seeds.

    Parameters
    ----------
    X : data of any format.
    probability : at least 0 and below 1.

    Examples
    --------
    >>> Y = dropout(dlarray(np.ones((100, 100)), "CB"), 0.5)
    >>> sorted(set(Y.data.ravel().tolist()))
    [0.0, 2.0]
    """
    X = require_dlarray(X, "dropout")
    require_float(X, "dropout")
    p = _checks.number("dropout", "probability", probability, 0, 1, below=True)
    if p == 0:
        return wrap(X, X.fmt)
    order = memory_order(X.fmt) if X.fmt else tuple(range(X.ndim))
    return wrap(operators.dropout(X, probability=p, key=draw_key(), order=order), X.fmt)
