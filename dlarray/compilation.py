"""Compiling ahead of time: `warmup`.

Kernels are compiled for the very types that calls give them, so nobody lists those: small data go
through the public functions, with work of any size shared, because large work needs kernels that
small work does not.  Which kernels a convolution or a pooling runs depends on its sizes; the calls
below are chosen such that together they need every kernel, which a test holds them to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from . import _calls, _checks
from .array import (
    dlarray,
    dlfeval,
    dlgradient,
    erf,
    log,
    max as maximum,
    pagemtimes,
    sum as total,
    tanh,
)
from .functions import (
    adamupdate,
    attention,
    avgpool,
    batchnorm,
    crosschannelnorm,
    crossentropy,
    dlconv,
    dltranspconv,
    dropout,
    fullyconnect,
    gelu,
    groupnorm,
    layernorm,
    leakyrelu,
    maxpool,
    relu,
    rmspropupdate,
    sgdmupdate,
    sigmoid,
    softmax,
)
from .functions.random import keyed
from .kernels import all_shared
from .kernels.compilation import Compilation, compilations, compiled, quietly

TYPES = ("single", "double")

Call = Callable[[], Any]
New = Callable[..., dlarray]  # sizes and a format to data


def _and_gradients(function: Callable[..., dlarray], *data: dlarray) -> Call:
    """A call of the function, and of the rules of its derivatives by all data."""

    def gradients(*data: dlarray) -> Any:
        Y = function(*data)
        return dlgradient(total(Y * Y, "all"), *data)  # of a sum it would be one number, expanded

    return partial(dlfeval, gradients, *data)


def _convolution(new: New) -> Iterator[Call]:
    """Of many filters, of few, of large ones, of channels by themselves, and transposed."""
    X = new(8, 100, 32, "BTC")
    for channels, filters in ((32, 40), (32, 2)):
        W, b = new(3, channels, filters, "TCU"), new(filters, "C")
        for padding in (0, "symmetric-include-edge"):
            convolve = partial(dlconv, Padding="same", PaddingValue=padding)
            yield _and_gradients(convolve, X, W, b)
    large = new(3, 100, 160, "TCU")  # packed by a kernel of its own
    yield partial(dlconv, new(1, 20, 100, "BTC"), large, new(160, "C"), Padding="same")
    many = new(1, 64, 96, "BTC"), new(3, 96, 96, "TCU"), new(96, "C")  # in fewer multiplications
    yield _and_gradients(partial(dlconv, Padding="same"), *many)
    by_channel = partial(dlconv, WeightsFormat="TCUU", Padding="same")
    yield _and_gradients(by_channel, new(8, 1000, 32, "BTC"), new(3, 1, 1, 32), new(32, "C"))
    yield _and_gradients(dltranspconv, X, new(3, 40, 32, "TUC"))


def _products(new: New) -> Iterator[Call]:
    """Fully connected layers, matrix products and attention."""
    yield _and_gradients(fullyconnect, new(64, 32, "BC"), new(40, 32), new(40))
    yield _and_gradients(pagemtimes, new(16, 16, 2), new(16, 16, 2))
    yield _and_gradients(pagemtimes, new(16, 16, 2), new(16, 16))
    query, key, value = new(2, 20, 8, "BTC"), new(2, 20, 8, "BTC"), new(2, 20, 8, "BTC")
    yield _and_gradients(partial(attention, numHeads=2), query, key, value)


def _pooling(new: New) -> Iterator[Call]:
    """Of windows apart, overlapping and long, of many channels and of few."""
    for channels in (16, 2):
        X = new(1, 300, channels, "BTC")  # places in a window of more than 256 are wider
        for pool in (maxpool, avgpool):
            for size, stride in ((2, 2), (3, 1), (40, 1), (3, 2)):
                windows = partial(pool, poolsize=size, PoolFormat="T", Stride=stride)
                yield _and_gradients(windows, X)
            yield _and_gradients(partial(pool, poolsize="global", PoolFormat="T"), X)
    yield _and_gradients(partial(_slope, partial(maxpool, poolsize=2, PoolFormat="T")), X)


def _slope(function: Callable[[dlarray], dlarray], X: dlarray) -> Any:
    """A derivative that is differentiated again."""
    Y = function(X)
    return dlgradient(total(Y * Y, "all"), X, EnableHigherDerivatives=True)


def _normalization(new: New) -> Iterator[Call]:
    X, scale, offset = new(8, 50, 12, "BTC"), new(12, "C"), new(12, "C")
    yield _and_gradients(layernorm, X, offset, scale)
    yield _and_gradients(lambda *data: groupnorm(data[0], 3, *data[1:]), X, offset, scale)
    yield _and_gradients(batchnorm, X, offset, scale)
    yield _and_gradients(partial(crosschannelnorm, windowSize=5), X)


def _activation(new: New) -> Iterator[Call]:
    X = new(8, 500, 12, "BTC")
    tanh_gelu = partial(gelu, Approximation="tanh")
    for function in (relu, leakyrelu, sigmoid, gelu, tanh_gelu, softmax, erf, tanh, log):
        yield _and_gradients(function, X)
    yield _and_gradients(partial(dropout, probability=0.5), X)


def _losses(new: New) -> Iterator[Call]:
    """Cross-entropy of one class and of several."""
    for mode in ("single-label", "multilabel"):
        loss = partial(crossentropy, ClassificationMode=mode)
        yield _and_gradients(loss, new(4, 6, "CB"), new(4, 6, "CB"))


def _reductions(new: New) -> Iterator[Call]:
    X = new(40, 500, 2, "BTC")
    yield _and_gradients(partial(total, dim=1), X)
    yield _and_gradients(partial(maximum, dim=1), X)


def _solvers(new: New) -> Iterator[Call]:
    yield partial(adamupdate, new(30), new(30), None, None, 1)
    yield partial(sgdmupdate, new(30), new(30), None)
    yield partial(rmspropupdate, new(30), new(30), None)


_FAMILIES: dict[str, Callable[[New], Iterator[Call]]] = {
    "activation": _activation,
    "convolution": _convolution,
    "losses": _losses,
    "normalization": _normalization,
    "pooling": _pooling,
    "products": _products,
    "reductions": _reductions,
    "solvers": _solvers,
}

FAMILIES = tuple(_FAMILIES)


@_calls.explained
def warmup(*families: str, types: str | Sequence[str] = TYPES) -> list[Compilation]:
    """Compile kernels ahead of their first use, and keep them for all later processes.

    Parameters
    ----------
    families : "activation", "convolution", "losses", "normalization", "pooling", "products",
        "reductions" or "solvers"; all of them if none is given.
    types : "single", "double" or both, the types of the data that kernels are compiled for.

    Returns what was compiled, a record for each kernel and type with the fields kernel, types and
    seconds; nothing where a process did so before.

    Raises
    ------
    ValueError : an unknown family or type.

    Notes
    -----
    What is not warm is compiled by the first call that needs it.  ``python -m dlarray warmup`` does
    the same from a shell, for images and services.

    Examples
    --------
    >>> warmup("solvers", types="single")  # doctest: +SKIP
    >>> warmup("solvers", types="single")
    []
    """
    chosen = [_checks.choice("warmup", "families", name, FAMILIES) for name in families]
    wanted = [types] if isinstance(types, str) else types
    if not isinstance(wanted, Sequence) or not wanted:
        raise ValueError(f"warmup: types must be a name or several; got {types!r}.")
    wanted = [_checks.choice("warmup", "types", name, TYPES) for name in wanted]
    before = compiled()
    with quietly(), all_shared(), keyed(0, 0):  # draws nothing that others would draw
        for family in chosen or FAMILIES:
            for name in wanted:
                for call in _FAMILIES[family](partial(_new, name)):
                    call()
    return compilations(before)


def _new(typename: str, *sizes: Any) -> dlarray:
    """Data of a type, with a format where the last argument is one."""
    fmt = sizes[-1] if isinstance(sizes[-1], str) else ""
    shape = sizes[:-1] if fmt else sizes
    data = np.full(shape, 0.25, typename)
    return dlarray(data, fmt) if fmt else dlarray(data)
