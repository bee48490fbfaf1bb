"""The rules of NumPy's functions that join, cut, order, make and describe arrays; see
`numpy_rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import formats
from ..formats import Axes, FormatError, ShapeError
from ..tape import no_memory
from . import subscripts
from .core import described, dlarray, wrap
from .numpy_rules import of_axis, own, required, rule

# -- joining, parts, order ------------------------------------------------------------------------


@rule("concatenate")
def _concatenate(arrays: Any, axis: Any = 0) -> Any:
    parts = list(arrays)
    ndim = max(X.ndim for X in parts if isinstance(X, dlarray))
    if isinstance(axis, (int, np.integer)):
        if not -ndim <= axis < ndim:
            raise ValueError(
                f"numpy.concatenate: axis {axis} is not one of the {ndim} dimensions. Use cat to "
                "join along a new one."
            )
        axis = int(axis) % ndim
    return own("cat")(required("concatenate", axis), *parts)


@rule("stack")
def _stack(arrays: Any, axis: Any = 0) -> Any:
    parts = list(arrays)
    first = next(X for X in parts if isinstance(X, dlarray))
    (place,) = _new_axes("stack", required("stack", axis), first.ndim, 1)
    if place == first.ndim:
        return own("cat")(place, *parts)
    if first.fmt:
        raise FormatError(
            f"numpy.stack: a new axis {axis} of {described(first)} would have no label. Stack "
            f"along axis {first.ndim}, which gets the label U, or use stripdims."
        )
    index = (subscripts.FULL,) * place + (None,)
    plain = [X if isinstance(X, dlarray) else wrap(np.asarray(X), "") for X in parts]
    return own("cat")(place, *(X[index] for X in plain))


def _new_axes(call: str, axis: Any, ndim: int, count: int) -> Axes:
    """Where new axes stand in a result with so many more dimensions than its operand; a label names
    none.
    """
    if isinstance(axis, str):
        raise TypeError(
            f"numpy.{call}: a new axis is a place counted from 0; got the label {axis!r}."
        )
    return formats.resolve_axes(axis, "", ndim + count, f"numpy.{call}")


@rule("array_split")
def _array_split(ary: dlarray, indices_or_sections: Any, axis: Any = 0) -> list[dlarray]:
    along = of_axis("array_split", ary, axis)
    places = np.array_split(np.arange(ary.shape[along]), indices_or_sections)
    starts = [int(part[0]) if len(part) else 0 for part in places]
    return [
        _taken(ary, along, slice(start, start + len(part)))
        for start, part in zip(starts, places, strict=True)
    ]


@rule("split")
def _split(ary: dlarray, indices_or_sections: Any, axis: Any = 0) -> list[dlarray]:
    n = ary.shape[of_axis("split", ary, axis)]
    if isinstance(indices_or_sections, int) and n % indices_or_sections:
        raise ShapeError(
            f"numpy.split: {n} elements along axis {axis} of {described(ary)} are no "
            f"{indices_or_sections} equal parts. Give the indices where to cut."
        )
    return _array_split(ary, indices_or_sections, axis)


def _taken(X: dlarray, axis: int, part: Any) -> dlarray:
    return X[(*subscripts.along(axis, part), ...)]


@rule("take")
def _take(a: dlarray, indices: Any, axis: Any = None) -> Any:
    return _taken(a, of_axis("take", a, axis), np.asarray(indices))


@rule("repeat")
def _repeat(a: dlarray, repeats: Any, axis: Any = None) -> Any:
    along = of_axis("repeat", a, axis)
    try:
        return _taken(a, along, np.repeat(np.arange(a.shape[along]), np.asarray(repeats)))
    except MemoryError:
        raise MemoryError(no_memory("repeat", [a._data])) from None


@rule("flip")
def _flip(m: dlarray, axis: Any = None) -> Any:
    every = axis is None
    axes = range(m.ndim) if every else formats.resolve_axes(axis, m.fmt, m.ndim, "numpy.flip")
    for along in axes:
        m = own("flip")(m, along)
    return m


@rule("flipud")
def _flipud(m: dlarray) -> Any:
    return own("flipud")(m)


@rule("fliplr")
def _fliplr(m: dlarray) -> Any:
    return own("fliplr")(m)


@rule("roll")
def _roll(a: dlarray, shift: Any, axis: Any = None) -> Any:
    axes = formats.resolve_axes(required("roll", axis), a.fmt, a.ndim, "numpy.roll")
    for along, step in zip(axes, np.broadcast_to(shift, len(axes)), strict=True):
        a = own("circshift")(a, step, along)
    return a


@rule("tile")
def _tile(A: dlarray, reps: Any) -> Any:
    times = [int(n) for n in np.atleast_1d(reps)]
    if len(times) > A.ndim:
        raise ShapeError(
            f"numpy.tile: {len(times)} repetitions for the {A.ndim} dimensions of {described(A)}. "
            "Use repmat, which adds dimensions at the end."
        )
    return own("repmat")(A, [1] * (A.ndim - len(times)) + times)


@rule("reshape")
def _reshape(a: dlarray, shape: Any, order: Any = "C") -> Any:
    if a.fmt:
        raise FormatError(
            f"numpy.reshape: the new dimensions of {described(a)} would have no labels. Use "
            "stripdims first, or dlarray.reshape, which drops labels and goes by columns."
        )
    sizes = list(shape) if isinstance(shape, Sequence) else [shape]
    wanted = [None if n == -1 else n for n in sizes] + [1] * (len(sizes) == 1)
    if order == "F":
        return own("reshape")(a, *wanted)
    if order != "C":
        raise ValueError(f'numpy.reshape: the order is "C" or "F"; got {order!r}.')
    turned = own("reshape")(own("permute")(a, range(a.ndim)[::-1]), *wanted[::-1])
    return own("permute")(turned, range(turned.ndim)[::-1])


@rule("transpose")
def _transpose(a: dlarray, axes: Any = None) -> Any:
    if axes is None and a.ndim == 2:
        return own("transpose")(a)
    return own("permute")(a, tuple(range(a.ndim))[::-1] if axes is None else axes)


@rule("swapaxes")
def _swapaxes(a: dlarray, axis1: Any, axis2: Any) -> Any:
    order = list(range(a.ndim))
    one, two = of_axis("swapaxes", a, axis1), of_axis("swapaxes", a, axis2)
    order[one], order[two] = two, one
    return own("permute")(a, order)


@rule("expand_dims")
def _expand_dims(a: dlarray, axis: Any) -> Any:
    places = _new_axes("expand_dims", axis, a.ndim, np.size(axis))
    ndim = a.ndim + len(places)
    return a[tuple(None if i in places else subscripts.FULL for i in range(ndim))]


# -- making, telling ------------------------------------------------------------------------------


def _alike(name: str, make: Callable[..., Any]) -> None:
    @rule(name)
    def function(a: dlarray, dtype: Any = None) -> dlarray:
        return dlarray(make(np.empty(a.shape, dtype or a.dtype)), a.fmt)


_alike("zeros_like", np.zeros_like)
_alike("ones_like", np.ones_like)


@rule("empty_like")
def _empty_like(prototype: dlarray, dtype: Any = None) -> dlarray:
    return dlarray(np.zeros(prototype.shape, dtype or prototype.dtype), prototype.fmt)


@rule("full_like")
def _full_like(a: dlarray, fill_value: Any, dtype: Any = None) -> dlarray:
    if np.size(fill_value) != 1:
        raise ShapeError(
            f"numpy.full_like: one number fills {described(a)}; got {np.size(fill_value)}."
        )
    return dlarray(np.full(a.shape, np.asarray(fill_value).item(), dtype or a.dtype), a.fmt)


@rule("copy")
def _copy(a: dlarray) -> dlarray:
    return a.__copy__()


@rule("shape")
def _shape(a: dlarray) -> Any:
    return a.shape


@rule("ndim")
def _ndim(a: dlarray) -> int:
    return a.ndim


@rule("size")
def _size(a: dlarray, axis: Any = None) -> int:
    return a.size if axis is None else a.shape[of_axis("size", a, axis)]


@rule("array_repr")
def _array_repr(arr: dlarray) -> str:
    return repr(arr)


@rule("array_str", "array2string")
def _array_str(a: dlarray) -> str:
    return str(a)


@rule("iscomplexobj")
def _iscomplexobj(x: dlarray) -> bool:
    return x.dtype.kind == "c"


@rule("isrealobj")
def _isrealobj(x: dlarray) -> bool:
    return x.dtype.kind != "c"


@rule("shares_memory", "may_share_memory")
def _shares_memory(a: Any, b: Any) -> bool:
    one, two = (x.extractdata() if isinstance(x, dlarray) else x for x in (a, b))
    return bool(np.shares_memory(one, two))


@rule("squeeze")
def _squeeze(a: dlarray) -> Any:
    return own("squeeze")(a)
