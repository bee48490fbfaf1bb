"""The `dlarray` type: data, a format, and a place on the tape.

Data lie in label order as a strided view of memory in the order that kernels want, so relabelling
and permuting copy nothing.  Data are never written to once they are in a dlarray: `X[i] = v` makes
new data and rebinds X.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _calls, kernels, operators
from ..formats import Axes, Shape, construct, find, inverse, memory_order, trim
from ..tape import Array, Traced, constant, current_tape, no_memory, wrapped
from .protocols import Protocols, plain

TYPE_NAMES = {
    np.dtype(np.float32): "single",
    np.dtype(np.float64): "double",
    np.dtype(np.complex64): "single",
    np.dtype(np.complex128): "double",
    np.dtype(np.bool_): "logical",
}


class dlarray(Protocols):
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
    copy : False promises that the array X will not be changed by its owner, and uses its memory,
        also that of another library's array on the CPU (`__dlpack__`); a promise broken inside
        `dlfeval` gives wrong gradients and is not noticed.

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

    @_calls.explained
    def __init__(self, X: Any, fmt: str | None = None, *, copy: bool = True) -> None:
        if isinstance(X, dlarray):
            relabelled = relabel(X, fmt) if fmt else X if fmt is None else labels.stripdims(X)
            super().__init__(relabelled._data, relabelled.node)
            self.fmt = relabelled.fmt
            return
        data = as_data(X, "dlarray", share=True)
        plan = construct(data.shape, fmt) if fmt else None
        if plan is not None:
            data = data.reshape(plan.padded).transpose(plan.order).reshape(plan.shape)
        if copy or not (isinstance(X, np.ndarray) or hasattr(X, "__dlpack__")):
            data = _stored(data, plan.fmt if plan else "")
        super().__init__(data, None)
        self.fmt = plan.fmt if plan else ""

    # -- inspection -------------------------------------------------------------------------------

    @property
    def data(self) -> Array:
        """The values as a NumPy array that can't be written to; `extractdata` as an attribute."""
        return self.extractdata()

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
        """The values as a NumPy array that can't be written to, without trace.

        It shares memory, and so does ``torch.from_dlpack`` of it.  PyTorch does not know memory
        that can't be written to: what it writes there changes this array.  Give it ``np.array(X)``
        for memory of its own.
        """
        view = self._data.view()
        view.flags.writeable = False
        return view

    def item(self) -> Any:
        """The one value as a Python number."""
        return self._data.item()

    def __repr__(self) -> str:
        return display.text(self)

    # -- copies -----------------------------------------------------------------------------------

    def __copy__(self) -> dlarray:
        return wrap(self, self.fmt)

    def __deepcopy__(self, memo: dict[int, Any]) -> dlarray:
        return self.__copy__()

    # -- NumPy ------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or "out" in options:
            return numpy_functions.from_method(ufunc, method, inputs, options)
        return ufuncs.from_ufunc(ufunc, inputs, options)

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

    def __floordiv__(self, other: Any) -> dlarray:
        return rounding.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> dlarray:
        return rounding.floor_divide(other, self)

    def __mod__(self, other: Any) -> dlarray:
        return rounding.mod(self, other)

    def __rmod__(self, other: Any) -> dlarray:
        return rounding.mod(other, self)

    def __divmod__(self, other: Any) -> tuple[dlarray, dlarray]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[dlarray, dlarray]:
        return other // self, other % self

    def __round__(self, digits: int | None = None) -> dlarray:
        return rounding.round(self, digits or 0)

    def __neg__(self) -> dlarray:
        return arithmetic.uminus(self)

    def __pos__(self) -> dlarray:
        return self.__copy__()

    def __abs__(self) -> dlarray:
        return arithmetic.abs(self)

    # An array is never None: Python answers False for ==, True for !=, and finds None in a list.

    def __eq__(self, other: Any) -> dlarray:  # type: ignore[override]
        return NotImplemented if other is None else comparison.eq(self, other)

    def __ne__(self, other: Any) -> dlarray:  # type: ignore[override]
        return NotImplemented if other is None else comparison.ne(self, other)

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

    def __xor__(self, other: Any) -> dlarray:
        return comparison.exclusive(self, other)

    def __rxor__(self, other: Any) -> dlarray:
        return comparison.exclusive(other, self)

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
        wrapped(value)
        array._data, array.node = value, None
    array.fmt = fmt
    return array


def relabel(X: dlarray, fmt: str, call: str = "dlarray") -> dlarray:
    """The same array with other labels, position by position; on the same place of the tape if
    nothing moves.
    """
    plan = construct(X.shape, fmt, call)
    value: Any = X
    if plan.order != tuple(range(len(plan.order))):
        value = operators.permute(_reshaped(value, plan.padded), order=plan.order)
    return wrap(_reshaped(value, plan.shape), plan.fmt)


def _reshaped(value: Any, shape_: Shape) -> Any:
    return value if value.shape == shape_ else operators.reshape(value, shape=shape_)


def as_data(value: Any, call: str, *, share: bool = False) -> Array:
    """Values as an array of a type that a dlarray holds, with two dimensions at least; not a copy
    if they fit.

    While a tape is open the tape may keep the array, and its owner may write to it afterwards: then
    it is copied, unless the caller will ``share`` it or copies it anyway.
    """
    data = plain(value, call)
    try:
        data = _of_own_type(data, call)
    except MemoryError:
        raise MemoryError(no_memory(call, [data])) from None
    if not share and data.flags.writeable and current_tape() is not None:
        fresh = isinstance(value, (list, tuple, int, float, complex, np.generic))
        if not fresh and (not isinstance(value, np.ndarray) or np.may_share_memory(data, value)):
            data = data.copy(order="K")
    if data.ndim < 2:
        data = data.reshape(data.size, 1)
    return constant(data)


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
    try:
        copy = kernels.empty(data.shape, data.dtype, order)
    except MemoryError:
        raise MemoryError(no_memory("dlarray", [data])) from None
    copy[...] = data
    return copy


def restored(data: Array, order: Axes, fmt: str) -> dlarray:
    """What a pickle holds, as a dlarray."""
    return wrap(data.transpose(inverse(order)), fmt)


from .require import (  # noqa: E402 - it needs the class, those below need it
    described,
    no_rule,
    require_dlarray,
    require_float,
    require_label,
    require_real,
)

# isort: split
from . import (  # noqa: E402 - they need the class, its methods need them
    arithmetic,
    comparison,
    display,
    indexing,
    labels,
    linear,
    numpy_functions,
    rounding,
    shape,
    ufuncs,
)

__all__ = [
    "TYPE_NAMES",
    "as_data",
    "described",
    "dlarray",
    "no_rule",
    "relabel",
    "require_dlarray",
    "require_float",
    "require_label",
    "require_real",
    "restored",
    "wrap",
]
