"""What Python and NumPy ask of an array: numbers, texts, iteration, copies, pickles, DLPack.

Reading the values of a traced array without saying so would cut its gradient silently, so
`np.asarray`, DLPack and pickling of a traced array raise and name `extractdata`.  A number is read
by name (`float(X)`, `item`, `bool`), for a printed loss or a condition; that is allowed and carries
no trace.  NumPy converts a list of arrays by `np.asarray` before it asks any of them, so
``np.sum([X, Y])`` is a sum of values without labels; `cat` and ``np.stack`` keep them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..formats import describe
from ..tape import Array, GradientError, Traced, is_traced, untraced

if TYPE_CHECKING:
    from .core import dlarray

CPU = (1, 0)  # DLPack's number of the device type, and which of them


class Protocols(Traced):
    """The special methods of `dlarray` that are no operators."""

    __slots__ = ()

    fmt: str

    # -- as a container ---------------------------------------------------------------------------

    def __len__(self) -> int:
        return int(self._data.shape[0])

    def __iter__(self) -> Iterator[dlarray]:
        return (self[i] for i in range(len(self)))  # type: ignore[index]

    def __contains__(self, value: Any) -> bool:
        count = np.size(untraced(value))
        if count != 1:
            raise ValueError(
                f"dlarray: `in` looks for one number; got {count}. Compare with == and any or all."
            )
        return bool(np.any(untraced(self == value)))

    # -- as a number ------------------------------------------------------------------------------

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise ValueError(
                "dlarray: only one element is true or false; got "
                f"{describe(self.shape, self.fmt)}. Use any or all."
            )
        return bool(self._data.item())

    def _number(self) -> Any:
        if self._data.size != 1:
            raise TypeError(
                f"dlarray: only one element makes a number; got {describe(self.shape, self.fmt)}."
            )
        return self._data.item()

    def __float__(self) -> float:
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def __complex__(self) -> complex:
        return complex(self._number())

    def __format__(self, spec: str) -> str:
        return format(self._number(), spec) if spec else str(self)

    # -- to other libraries -----------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        self._refuse_traced("np.asarray gives values without it")
        if copy is False and dtype is not None and np.dtype(dtype) != self._data.dtype:
            raise ValueError(
                f"dlarray: data of type {self._data.dtype} become {np.dtype(dtype)} by a copy "
                "only; got copy=False."
            )
        if copy or (dtype is not None and np.dtype(dtype) != self._data.dtype):
            return np.array(self._data, dtype=dtype)
        return _read_only(self._data)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        from .numpy_functions import from_function  # it needs the class

        return from_function(function, args, options)

    def __dlpack__(self, **options: Any) -> Any:
        self._refuse_traced("DLPack gives values without it")
        try:
            return _read_only(self._data).__dlpack__(**options)
        except BufferError as error:
            raise BufferError(
                "dlarray: the values can't be written to, which this version of DLPack can't say "
                f"({error}). Ask for max_version=(1, 0), or give a copy: np.array(X)."
            ) from None

    def __dlpack_device__(self) -> tuple[int, int]:
        return CPU

    def _refuse_traced(self, reason: str) -> None:
        if is_traced(self):
            raise GradientError(
                f"dlarray: the array is traced, and {reason}. Use extractdata(X) for values that "
                "are constants to dlgradient, or a function of dlarray to keep the trace."
            )

    def __reduce__(self) -> tuple[Any, ...]:
        if is_traced(self):
            raise TypeError(
                "dlarray: a traced array can't be pickled. Pickle it after dlfeval, or use "
                "extractdata."
            )
        from .core import restored

        strides = self._data.strides
        order = tuple(sorted(range(self.ndim), key=lambda axis: -abs(strides[axis])))
        return restored, (np.ascontiguousarray(self._data.transpose(order)), order, self.fmt)


def _read_only(data: Array) -> Array:
    view = data.view()
    view.flags.writeable = False
    return view


def plain(value: Any, call: str) -> Array:
    """The values of an array of any library, a nested list or a number; not a copy where its memory
    can be read.
    """
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        hidden = int(np.sum(np.ma.getmaskarray(value)))
        raise TypeError(
            f"{call}: {hidden} of {value.size} elements of the masked array are masked, and a "
            "dlarray has no mask. Give them a value with filled(value), or pass the mask beside."
        )
    if not isinstance(value, (np.ndarray, np.generic)) and hasattr(value, "__dlpack__"):
        return _imported(value, call)
    try:
        return np.asarray(value)
    except GradientError:  # a list with traced dlarrays
        raise
    except (ValueError, RecursionError):
        raise TypeError(
            f"{call}: the data are ragged: their parts differ in length, so they are no array. Pad "
            "sequences with padsequences first."
        ) from None


def _imported(value: Any, call: str) -> Array:
    """An array of another library, by DLPack."""
    try:
        return np.from_dlpack(value)
    except (BufferError, RuntimeError, ValueError, TypeError) as error:
        if isinstance(value, Traced):
            raise
        reason = str(error).rstrip(".")
        kind = f"{type(value).__module__}.{type(value).__name__}"
        kind += f" of type {value.dtype}" if hasattr(value, "dtype") else ""
        try:
            data = np.asarray(value)
        except Exception:
            data = None
        if data is None or data.dtype.kind == "O":
            raise TypeError(
                f"{call}: the values of a {kind} can't be read ({reason}). Give an array on the "
                "CPU without gradient, of a type that NumPy has."
            ) from None
        return data
