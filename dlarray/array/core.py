"""The `dlarray` type: data, a format, and a place on the tape.

Data lie in label order as a strided view of memory in the order that kernels want, so relabelling
and permuting copy nothing.  Data are never written to once they are in a dlarray: `X[i] = v` makes
new data and rebinds X.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np

from .. import kernels, operators
from ..formats import Axes, Shape, construct, describe, find, inverse, memory_order, trim
from ..tape import Array, Traced, is_traced

T = TypeVar("T")

TYPE_NAMES = {
    np.dtype(np.float32): "single",
    np.dtype(np.float64): "double",
    np.dtype(np.complex64): "single",
    np.dtype(np.complex128): "double",
    np.dtype(np.bool_): "logical",
}


class dlarray(Traced):
    """An array whose dimensions carry labels.

    Parameters
    ----------
    X : array, nested list, number or dlarray.  float32 and complex64 ("single"), float64 and
        complex128 ("double") and bool ("logical") keep their type, integers become double.  Zero
        dimensions become 1×1, one becomes a column.
    fmt : labels, one a dimension, in any order: S (spatial), C (channel), B (batch), T (time), U
        (unspecified). The data are permuted into the order S..CBTU...  For a vector one label is
        enough.  "" is unformatted. A format given for a dlarray replaces its labels one by one;
        nothing else changes.  Without one a dlarray keeps its own.
    copy : False promises that the array X will not be changed by its owner, and uses its memory.

    ``X[i] = v`` makes new data and rebinds X, so no other dlarray changes; ``Y = X``, as ever in
    Python, is a second name of the same array, ``Y = dlarray(X)`` a copy.

    Raises
    ------
    FormatError : a wrong, repeated or missing label.
    TypeError : data of another type.

    Examples
    --------
    >>> X = dlarray(np.ones((5, 3, 2), "f4"), "TCB")
    >>> dims(X), X.shape
    ('CBT', (3, 2, 5))
    """

    __slots__ = ("fmt",)

    __hash__ = None  # type: ignore[assignment]
    __array_priority__ = 1000

    fmt: str

    def __init__(self, X: Any, fmt: str | None = None, *, copy: bool = True) -> None:
        if isinstance(X, dlarray):
            relabelled = relabel(X, fmt) if fmt else X if fmt is None else labels.stripdims(X)
            super().__init__(relabelled._data, relabelled.node)
            self.fmt = relabelled.fmt
            return
        data = as_data(X, "dlarray")
        plan = construct(data.shape, fmt) if fmt else None
        if plan is not None:
            data = data.reshape(plan.padded).transpose(plan.order).reshape(plan.shape)
        if copy or not isinstance(X, np.ndarray):
            data = _stored(data, plan.fmt if plan else "")
        super().__init__(data, None)
        self.fmt = plan.fmt if plan else ""

    # -- inspection -------------------------------------------------------------------------------

    @property
    def data(self) -> Array:
        """The values as a NumPy array that can't be written to; `extractdata` as an attribute."""
        return self.extractdata()

    @property
    def ndim(self) -> int:
        return self._data.ndim

    @property
    def size(self) -> int:
        return self._data.size

    @property
    def T(self) -> dlarray:
        """The transpose of 2-D unformatted data."""
        return shape.transpose(self)

    def dims(self) -> str:
        """The format; "" if unformatted."""
        return self.fmt

    def finddim(self, label: str) -> Axes:
        """The axes with this label, from 0, ascending."""
        return find(self.fmt, label)

    def stripdims(self, fmt: str = "") -> dlarray:
        """The array without labels; see `dlarray.stripdims`."""
        return labels.stripdims(self, fmt)

    def flatten(self) -> dlarray:
        """All elements as an unformatted column, in column-major order: MATLAB's ``X(:)``."""
        return shape.flatten(self)

    def extractdata(self) -> Array:
        """The values as a NumPy array that can't be written to, without trace."""
        view = self._data.view()
        view.flags.writeable = False
        return view

    def item(self) -> Any:
        """The one value as a Python number."""
        return self._data.item()

    def __len__(self) -> int:
        return int(self._data.shape[0])

    def __iter__(self) -> Iterator[dlarray]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise ValueError(
                "dlarray: only one element is true or false; got "
                f"{describe(self.shape, self.fmt)}. Use any or all."
            )
        return bool(self._data.item())

    def __float__(self) -> float:
        if self._data.size != 1:
            raise TypeError(
                f"dlarray: only one element makes a number; got {describe(self.shape, self.fmt)}."
            )
        return float(self._data.item())

    def __repr__(self) -> str:
        return display.text(self)

    # -- copies -----------------------------------------------------------------------------------

    def __copy__(self) -> dlarray:
        return wrap(self, self.fmt)

    def __deepcopy__(self, memo: dict[int, Any]) -> dlarray:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        if is_traced(self):
            raise TypeError(
                "dlarray: a traced array can't be pickled. Pickle it after dlfeval, or use "
                "extractdata."
            )
        order = tuple(sorted(range(self.ndim), key=lambda axis: -abs(self._data.strides[axis])))
        return _restore, (np.ascontiguousarray(self._data.transpose(order)), order, self.fmt)

    # -- NumPy ------------------------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if dtype is None and not copy:
            return self.extractdata()
        return np.array(self._data, dtype=dtype)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        return ufuncs.from_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        raise TypeError(no_rule(function.__name__))

    # -- operators --------------------------------------------------------------------------------

    def __add__(self, other: Any) -> dlarray:
        return arithmetic.plus(self, other)

    def __radd__(self, other: Any) -> dlarray:
        return arithmetic.plus(other, self)

    def __sub__(self, other: Any) -> dlarray:
        return arithmetic.minus(self, other)

    def __rsub__(self, other: Any) -> dlarray:
        return arithmetic.minus(other, self)

    def __mul__(self, other: Any) -> dlarray:
        return arithmetic.times(self, other)

    def __rmul__(self, other: Any) -> dlarray:
        return arithmetic.times(other, self)

    def __truediv__(self, other: Any) -> dlarray:
        return arithmetic.rdivide(self, other)

    def __rtruediv__(self, other: Any) -> dlarray:
        return arithmetic.rdivide(other, self)

    def __pow__(self, other: Any) -> dlarray:
        return arithmetic.power(self, other)

    def __rpow__(self, other: Any) -> dlarray:
        return arithmetic.power(other, self)

    def __matmul__(self, other: Any) -> dlarray:
        return linear.mtimes(self, other)

    def __rmatmul__(self, other: Any) -> dlarray:
        return linear.mtimes(other, self)

    def __neg__(self) -> dlarray:
        return arithmetic.uminus(self)

    def __pos__(self) -> dlarray:
        return self.__copy__()

    def __abs__(self) -> dlarray:
        return arithmetic.abs(self)

    def __eq__(self, other: Any) -> dlarray:  # type: ignore[override]
        return comparison.eq(self, other)

    def __ne__(self, other: Any) -> dlarray:  # type: ignore[override]
        return comparison.ne(self, other)

    def __lt__(self, other: Any) -> dlarray:
        return comparison.lt(self, other)

    def __le__(self, other: Any) -> dlarray:
        return comparison.le(self, other)

    def __gt__(self, other: Any) -> dlarray:
        return comparison.gt(self, other)

    def __ge__(self, other: Any) -> dlarray:
        return comparison.ge(self, other)

    def __and__(self, other: Any) -> dlarray:
        return comparison.and_(self, other)

    def __or__(self, other: Any) -> dlarray:
        return comparison.or_(self, other)

    def __rand__(self, other: Any) -> dlarray:
        return comparison.and_(other, self)

    def __ror__(self, other: Any) -> dlarray:
        return comparison.or_(other, self)

    def __invert__(self) -> dlarray:
        return comparison.not_(self)

    def __getitem__(self, index: Any) -> dlarray:
        return indexing.get(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._rebind(indexing.assigned(self, index, value))

    def __delitem__(self, index: Any) -> None:
        self._rebind(indexing.deleted(self, index))

    def _rebind(self, result: dlarray) -> None:
        self._data, self.node, self.fmt = result._data, result.node, result.fmt


def wrap(value: Any, fmt: str) -> dlarray:
    """A dlarray of an operator's result, array or traced, with a format that fits it; trailing U
    are trimmed.
    """
    if len(fmt) > 2 and fmt[-1] == "U" and value.shape[-1] == 1:
        fmt, shape_ = trim(fmt, value.shape)
        value = operators.reshape(value, shape=shape_)
    array = dlarray.__new__(dlarray)
    if isinstance(value, Traced):
        array._data, array.node = value._data, value.node
    else:
        array._data, array.node = value, None
    array.fmt = fmt
    return array


def relabel(X: dlarray, fmt: str) -> dlarray:
    """The same array with other labels, position by position; on the same place of the tape if
    nothing moves.
    """
    plan = construct(X.shape, fmt)
    value: Any = X
    if plan.order != tuple(range(len(plan.order))):
        value = operators.permute(_reshaped(value, plan.padded), order=plan.order)
    return wrap(_reshaped(value, plan.shape), plan.fmt)


def _reshaped(value: Any, shape_: Shape) -> Any:
    return value if value.shape == shape_ else operators.reshape(value, shape=shape_)


def as_data(value: Any, call: str) -> Array:
    """Values as an array of a type that a dlarray holds, with two dimensions at least; not a copy
    if they fit.
    """
    try:
        data = np.asarray(value)
    except ValueError:
        raise TypeError(
            f"{call}: the data are ragged: their parts differ in length, so they are no array. Pad "
            "sequences "
            "with padsequences first."
        ) from None
    if hasattr(value, "mask") and np.ma.is_masked(value):
        raise TypeError(
            f"{call}: the data are a masked array with masked elements. Fill them first, as in "
            "X.filled(0)."
        )
    data = _of_own_type(data, call)
    if data.ndim < 2:
        data = data.reshape(data.size, 1)
    return data


def _of_own_type(data: Array, call: str) -> Array:
    kind, native = data.dtype.kind, data.dtype.newbyteorder("=")
    if native in TYPE_NAMES:
        return data if data.dtype.isnative else data.astype(native)
    if kind in "iu":
        return data.astype(np.float64)
    if kind == "O":
        first = type(data.reshape(-1)[0]).__name__ if data.size else "object"
        raise TypeError(
            f"{call}: the data are Python objects ({first}), not numbers. Only single, double and "
            "logical arrays are possible; pad sequences of different length with padsequences."
        )
    hint = {
        "f": " Convert with astype('float32') first.",
        "c": " Convert with astype('complex64') first.",
    }.get(kind, "")
    raise TypeError(
        f"{call}: data of type {data.dtype} are not possible, only float32, float64, complex64, "
        f"complex128 and bool.{hint}"
    )


def _stored(data: Array, fmt: str) -> Array:
    """A copy in the memory order of the kernels."""
    order = memory_order(fmt) if fmt else None
    copy = kernels.empty(data.shape, data.dtype, order)
    copy[...] = data
    return copy


def _restore(data: Array, order: Axes, fmt: str) -> dlarray:
    return wrap(data.transpose(inverse(order)), fmt)


def described(X: Any) -> str:
    """A value's layout for a message."""
    if isinstance(X, dlarray):
        return describe(X.shape, X.fmt) + ("" if X.fmt else " (unformatted)")
    if isinstance(X, np.ndarray):
        return f"{describe(X.shape) or 'a number'} (unformatted)"
    return type(X).__name__


def no_rule(name: str, detail: str = "") -> str:
    """The message for a function of NumPy that does not know labels."""
    known = name in dir(sys.modules[__name__.split(".")[0]])
    hint = f"Use dlarray.{name}" if known else "Compose it from functions of dlarray"
    return (
        f"numpy.{name}{detail} has no rule for labels here. {hint}, or use extractdata for the "
        "values alone."
    )


def require_dlarray(X: object, call: str, name: str = "X") -> dlarray:
    """X, which must be a dlarray."""
    if not isinstance(X, dlarray):
        raise TypeError(
            f"{call}: {name} must be a dlarray; got {type(X).__name__}. Make one with "
            "dlarray(data, fmt)."
        )
    return X


def require_float(X: dlarray, call: str, *, complexes: bool = False) -> None:
    """Reject logical data, and complex data unless they are possible."""
    kind = X._data.dtype.kind
    if kind == "b":
        raise TypeError(
            f"{call}: logical data not supported; convert to single or double. Got {described(X)} "
            "logical."
        )
    if kind == "c" and not complexes:
        require_real(X, call)


def require_real(X: Any, call: str) -> Any:
    """X, which must not be complex."""
    if np.iscomplexobj(X._data if isinstance(X, dlarray) else X):
        raise TypeError(
            f"{call}: complex data not supported; got {described(X)} complex. Use real, imag or "
            "abs of it."
        )
    return X


def require_label(X: dlarray, label: str, call: str) -> int:
    """The axis of a label that must be there."""
    axes = find(X.fmt, label)
    if not axes:
        from ..formats import FormatError

        raise FormatError(
            f"{call}: needs a {label} dimension; got {described(X)}. Name it when making the "
            "array, for example "
            f'dlarray(data, "{"SCB" if label != "T" else "CBT"}").'
        )
    return axes[0]


from . import arithmetic, comparison, display, indexing, labels, linear, shape, ufuncs  # noqa: E402 - they need the class, its methods need them

__all__ = ["dlarray"]
