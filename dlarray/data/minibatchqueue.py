"""`minibatchqueue`: mini-batches of a datastore, ready for a custom training loop."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from .. import _calls, _checks, kernels
from ..array import dlarray
from ..formats import Shape, ShapeError, describe, memory_order, parse
from .datastores import Datastore, Row, as_datastore

Array = np.ndarray[Any, Any]

CALL = "minibatchqueue"
CASTS = ("single", "double", "logical", "")
_PARTIAL = _checks.one_of("return", "discard")
_SERIAL = _checks.one_of("serial", unbuilt=("background", "parallel"))
_DEVICE = _checks.one_of("auto", "cpu", unbuilt=("gpu",))
CAST_TYPES = {"single": np.float32, "double": np.float64, "logical": np.bool_}


class minibatchqueue:
    """An iterator over mini-batches, as dlarrays with labels.

    Parameters
    ----------
    ds : a datastore, an array, a list of observations, or a tuple of these, one a variable.
    numOutputs : how many variables a mini-batch has, where MiniBatchFcn returns another number than
        the data have.
    MiniBatchSize : observations of a mini-batch.
    PartialMiniBatch : "return" or "discard" the last one if it is smaller.
    MiniBatchFcn : "collate" stacks observations: rows 1 × C to N × C, arrays H × W to H × W × N; or
        a function of one list of observations a variable, which returns one array a variable.
    PreprocessingEnvironment : "serial".
    OutputCast : the type of each variable: "single", "double", "logical" or "" (as it comes).
    OutputAsDlarray : whether each variable comes as a dlarray.
    MiniBatchFormat : the labels of each variable, in any order, such as "BTC"; "" for none.
    OutputEnvironment : "auto" or "cpu".

    Options for each variable are one value for all, or a list with one each.

    ``next(mbq)`` gives the variables of the next mini-batch as a tuple, or the one variable;
    ``for X, T in mbq`` those that are left.  `hasdata`, `reset`, `shuffle` and `partition` work on
    it; they change it in place, except `partition`.

    Raises
    ------
    StopIteration : `next`, when no mini-batch is left.
    ShapeError : observations of different size can't be collated.

    Examples
    --------
    >>> X, T = np.ones((5, 3)), np.ones((5, 1))
    >>> mbq = minibatchqueue((X, T), MiniBatchSize=2, MiniBatchFormat="BC")
    >>> [x.shape for x, t in mbq]
    [(3, 2), (3, 2), (3, 1)]
    """

    @_calls.explained
    def __init__(
        self,
        ds: Any,
        numOutputs: int | None = None,
        *,
        MiniBatchSize: int = 128,
        PartialMiniBatch: str = "return",
        MiniBatchFcn: str | Callable[..., Any] = "collate",
        PreprocessingEnvironment: str = "serial",
        OutputCast: str | Sequence[str] = "single",
        OutputAsDlarray: bool | Sequence[bool] = True,
        MiniBatchFormat: str | Sequence[str] = "",
        OutputEnvironment: str | Sequence[str] = "auto",
    ) -> None:
        self._datastore, self._next = as_datastore(CALL, ds), 0
        self.MiniBatchSize = _checks.integer(CALL, "MiniBatchSize", MiniBatchSize)
        self.PartialMiniBatch = _PARTIAL(CALL, "PartialMiniBatch", PartialMiniBatch)
        self.MiniBatchFcn = _function(CALL, "MiniBatchFcn", MiniBatchFcn)
        environment = _SERIAL(CALL, "PreprocessingEnvironment", PreprocessingEnvironment)
        self.PreprocessingEnvironment = environment
        given = None if numOutputs is None else _checks.integer(CALL, "numOutputs", numOutputs)
        self.numOutputs = given or self._variables()
        self.OutputCast = self._each("OutputCast", OutputCast, _checks.one_of(*CASTS))
        self.OutputAsDlarray = self._each("OutputAsDlarray", OutputAsDlarray, _checks.logical)
        self.MiniBatchFormat = self._each("MiniBatchFormat", MiniBatchFormat, _format)
        self.OutputEnvironment = self._each("OutputEnvironment", OutputEnvironment, _DEVICE)

    def _variables(self) -> int:
        """The number of variables of a row."""
        return len(self._datastore.rows(0, 1)[0]) if len(self._datastore) else 1

    def _each(self, name: str, value: Any, check: _checks.Check) -> list[Any]:
        """One checked value a variable."""
        values = [value] * self.numOutputs if isinstance(value, (str, bool, int)) else list(value)
        if len(values) != self.numOutputs:
            raise ValueError(
                f"{CALL}: {name} has {len(values)} values for {self.numOutputs} variables. Give "
                "one for all, or one each."
            )
        return [check(CALL, name, one) for one in values]

    # -- the queue --------------------------------------------------------------------------------

    def hasdata(self) -> bool:
        """Whether a mini-batch is left."""
        left = len(self._datastore) - self._next
        return left >= (self.MiniBatchSize if self.PartialMiniBatch == "discard" else 1)

    def reset(self) -> None:
        """Go back to the first observation."""
        self._next = 0

    def shuffle(self) -> None:
        """Put the observations into random order and go back to the first."""
        self._datastore, self._next = self._datastore.shuffle(), 0

    def partition(self, numPartitions: int, index: int) -> minibatchqueue:
        """A queue of its own for one of several equal parts of the data, counted from 0."""
        parts = _checks.integer("partition", "numPartitions", numPartitions)
        place = _checks.integer("partition", "index", index, 0)
        if place >= parts:
            raise ValueError(f"partition: index must be below {parts}; got {index!r}.")
        n = len(self._datastore)
        part = copy.copy(self)
        picked = np.arange(place * n // parts, (place + 1) * n // parts)
        part._datastore, part._next = self._datastore.subset(picked), 0
        return part

    def __iter__(self) -> minibatchqueue:
        return self

    def __next__(self) -> Any:
        if not self.hasdata():
            raise StopIteration("next: no mini-batch is left. Ask hasdata first, or reset.")
        start = self._next
        stop = min(start + self.MiniBatchSize, len(self._datastore))
        outputs = self._outputs(self._datastore.rows(start, stop))
        self._next = stop
        return outputs[0] if self.numOutputs == 1 else tuple(outputs)

    def _outputs(self, rows: list[Row]) -> list[Any]:
        columns = [list(column) for column in zip(*rows, strict=True)]
        ours = not callable(self.MiniBatchFcn)
        if callable(self.MiniBatchFcn):
            made = self.MiniBatchFcn(*columns)
            values = list(made) if isinstance(made, tuple) else [made]
        else:
            values = [self._collated(k, column) for k, column in enumerate(columns)]
        if len(values) != self.numOutputs:
            raise ValueError(
                f"{CALL}: MiniBatchFcn gave {len(values)} variables; {self.numOutputs} are "
                "expected. Give numOutputs, the number that it returns."
            )
        return [self._output(k, value, ours=ours) for k, value in enumerate(values)]

    def _collated(self, k: int, observations: list[Any]) -> Array:
        """Observations as one array: rows below each other, other arrays along a new last
        dimension; of a dlarray in its type and memory order.
        """
        arrays = [np.asarray(x) for x in observations]
        arrays = [x.reshape(1, -1) if x.ndim < 2 else x for x in arrays]
        shape = arrays[0].shape
        if any(x.shape != shape for x in arrays):
            sizes = ", ".join(sorted({describe(x.shape) for x in arrays}))
            raise ShapeError(
                f'{CALL}: MiniBatchFcn="collate" needs observations of one size; variable {k} has '
                f"{sizes}. Pad sequences with padsequences in a function of your own."
            )
        rows = len(shape) == 2 and shape[0] == 1
        join = np.concatenate if rows else partial(np.stack, axis=-1)
        types = {x.dtype for x in arrays}
        if not self.OutputAsDlarray[k] or any(dtype.kind not in "biuf" for dtype in types):
            return join(arrays)
        wide = (len(arrays), shape[1]) if rows else (*shape, len(arrays))
        y = self._empty(k, wide, self._type(k, np.result_type(*types)))
        return join(arrays, out=y, casting="unsafe")

    def _output(self, k: int, value: Any, *, ours: bool) -> Any:
        """Variable k in its type and form; what is ours has the type and memory of a dlarray."""
        data = value._data if isinstance(value, dlarray) else np.asarray(value)
        if not self.OutputAsDlarray[k] and (data.dtype.kind in "USO" or not self.OutputCast[k]):
            return value
        if data.dtype.kind not in "biuf":
            raise TypeError(
                f"{CALL}: variable {k} holds {data.dtype}, not numbers. Encode labels with "
                "onehotencode in MiniBatchFcn, or set OutputAsDlarray=False for it."
            )
        dtype = self._type(k, data.dtype)
        if not self.OutputAsDlarray[k]:
            return data.astype(dtype, copy=False)
        if not ours:
            data, given = self._empty(k, data.shape, dtype), data
            data[...] = given
        return dlarray(data, self.MiniBatchFormat[k], copy=False)

    def _type(self, k: int, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """The type of variable k."""
        return np.dtype(CAST_TYPES[self.OutputCast[k]]) if self.OutputCast[k] else dtype

    def _empty(self, k: int, shape: Shape, dtype: np.dtype[Any]) -> Array:
        """An array for variable k, in the memory order that its format asks for: elements are
        written once.
        """
        fmt = self.MiniBatchFormat[k]
        order = memory_order(fmt) if len(fmt) == len(shape) else None
        return kernels.empty(shape, dtype, order)

    def __repr__(self) -> str:
        names = (
            "MiniBatchSize",
            "PartialMiniBatch",
            "MiniBatchFcn",
            "PreprocessingEnvironment",
            "OutputCast",
            "OutputAsDlarray",
            "MiniBatchFormat",
            "OutputEnvironment",
        )
        lines = [f"{name:>24}: {_text(getattr(self, name))}" for name in names]
        count = f"{self.numOutputs} output{'' if self.numOutputs == 1 else 's'}"
        return "\n".join(["", f"  minibatchqueue with {count} and properties:", "", *lines, ""])


def _text(value: Any) -> str:
    if callable(value):
        return f"@{getattr(value, '__name__', type(value).__name__)}"
    if isinstance(value, list):
        return "[" + " ".join(_text(one) for one in value) + "]"
    return f"'{value}'" if isinstance(value, str) else str(int(value))


def _function(call: str, name: str, value: Any) -> Any:
    if callable(value):
        return value
    _checks.choice(call, name, value, ("collate",), other="a function of lists")
    return value


def _format(call: str, name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{call}: {name} must be text, such as 'CTB'; got {value!r}.")
    if value:
        parse(value, f"{call}: {name}")
    return value


Queue = minibatchqueue | Datastore


def hasdata(source: Queue) -> bool:
    """Whether a minibatchqueue or datastore has something left to read.

    Examples
    --------
    >>> hasdata(minibatchqueue(np.ones((5, 3))))
    True
    """
    return _queue("hasdata", source).hasdata()


def reset(source: Queue) -> None:
    """Take a minibatchqueue or datastore back to its first observation, in place.

    Examples
    --------
    >>> mbq = minibatchqueue(np.ones((5, 3)))
    >>> _ = next(mbq)
    >>> reset(mbq)
    >>> hasdata(mbq)
    True
    """
    _queue("reset", source).reset()


def shuffle(source: Queue) -> Any:
    """Shuffle a minibatchqueue in place, back at its start; of a datastore a shuffled copy.

    Examples
    --------
    >>> mbq = minibatchqueue(np.arange(5.0), MiniBatchSize=5)
    >>> shuffle(mbq)
    >>> sorted(next(mbq).data.ravel().tolist())
    [0.0, 1.0, 2.0, 3.0, 4.0]
    """
    return _queue("shuffle", source).shuffle()


def partition(source: minibatchqueue, numPartitions: int, index: int) -> minibatchqueue:
    """One of several equal parts of a minibatchqueue, counted from 0, as a queue of its own.

    Examples
    --------
    >>> part = partition(minibatchqueue(np.ones((6, 3)), MiniBatchFormat="BC"), 3, 0)
    >>> next(part).shape
    (3, 2)
    """
    if not isinstance(source, minibatchqueue):
        raise TypeError(
            f"partition: the first argument must be a minibatchqueue; got {type(source).__name__}."
        )
    return source.partition(numPartitions, index)


def _queue(call: str, source: Any) -> Any:
    if not isinstance(source, (minibatchqueue, Datastore)):
        raise TypeError(
            f"{call}: the argument must be a minibatchqueue or a datastore; got "
            f"{type(source).__name__}."
        )
    return source
