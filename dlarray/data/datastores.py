"""Datastores: observations of one or several variables, read one after the other.

A datastore is a sequence of rows, one an observation, each a list with one value a variable.  It
keeps its place (`read`, `hasdata`, `reset`) and can be shuffled or divided by index, so nothing is
copied before it is read.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import _calls, _checks
from ..formats import ShapeError
from ..functions.random import generator

Array = np.ndarray[Any, Any]
Row = list[Any]

OUTPUT_TYPES = ("cell", "same")


class Datastore(ABC):
    """Base of all datastores; a subclass gives ``count`` and ``row``.

    ``count`` is the number of observations, ``row(i)`` the values of the i-th.
    """

    ReadSize = 1
    OutputType = "cell"

    def __init__(self) -> None:
        self._order: Array = np.arange(self.count)
        self._next = 0

    @property
    @abstractmethod
    def count(self) -> int:
        """The number of observations of the underlying data."""

    @abstractmethod
    def row(self, i: int) -> Row:
        """The values of observation i of the underlying data, one a variable."""

    def __len__(self) -> int:
        return len(self._order)

    def rows(self, start: int, stop: int) -> list[Row]:
        """The rows from one place to another, in the present order."""
        return [self.row(int(i)) for i in self._order[start:stop]]

    def hasdata(self) -> bool:
        """Whether something is left to read."""
        return self._next < len(self)

    def reset(self) -> None:
        """Go back to the first observation."""
        self._next = 0

    def read(self) -> Any:
        """The next row, or the next ``ReadSize`` rows; bare values if OutputType is "same"."""
        if not self.hasdata():
            raise ValueError(
                f"{type(self).__name__}: all {len(self)} observations were read. Ask hasdata "
                "first, or reset."
            )
        stop = min(self._next + self.ReadSize, len(self))
        rows, self._next = self.rows(self._next, stop), stop
        return self._output(rows)

    def readall(self) -> list[Row]:
        """All rows, in the present order; the place does not change."""
        return self.rows(0, len(self))

    def preview(self) -> Any:
        """The first row as `read` gives it; the place does not change."""
        if not len(self):
            raise ValueError(f"{type(self).__name__}: there is no observation to preview.")
        return self._output(self.rows(0, 1))

    def shuffle(self) -> Datastore:
        """The same observations in random order, from the start."""
        return self._picked(generator().permutation(self._order))

    def subset(self, indices: Sequence[int] | Array) -> Datastore:
        """The observations with these indices, from 0, in this order."""
        picked = np.asarray(indices)
        if picked.dtype.kind == "b" and picked.shape == (len(self),):
            picked = np.nonzero(picked)[0]
        if picked.size and (picked.dtype.kind not in "iu" or picked.min() < 0):
            raise IndexError("subset: indices are integers from 0, or a mask of all observations.")
        if picked.size and picked.max() >= len(self):
            raise IndexError(f"subset: index {picked.max()} of {len(self)} observations.")
        return self._picked(self._order[picked.astype(np.intp)])

    def _picked(self, order: Array) -> Datastore:
        """A datastore of its own on the same data, with another order."""
        other = copy.copy(self)
        other._order, other._next = order, 0
        return other

    def _output(self, rows: list[Row]) -> Any:
        if self.OutputType == "same":
            values = [row[0] for row in rows]
            return values[0] if self.ReadSize == 1 else values
        return rows[0] if self.ReadSize == 1 else rows


class ArrayDatastore(Datastore):
    """The slices of an array, or the elements of a list.

    Parameters
    ----------
    A : an array, or a list of observations.
    IterationDimension : the dimension of an array along which observations follow each other, from
        0.  A slice keeps it with size 1, unless it is the last of more than two.
    ReadSize : how many observations `read` gives.
    OutputType : "cell" gives a row [observation], "same" the observation itself.

    Examples
    --------
    >>> ds = arrayDatastore(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> ds.read()[0]
    array([[1., 2.]])
    """

    @classmethod
    def constructor_name(cls) -> str:
        """The name that messages use: the function that users call."""
        return "arrayDatastore"

    @_calls.explained
    def __init__(
        self,
        A: Any,
        *,
        IterationDimension: int = 0,
        ReadSize: int = 1,
        OutputType: str = "cell",
    ) -> None:
        call = "arrayDatastore"
        self.OutputType = _checks.choice(call, "OutputType", OutputType, OUTPUT_TYPES)
        self.ReadSize = _checks.integer(call, "ReadSize", ReadSize)
        self._listed = isinstance(A, (list, tuple))
        data = A if self._listed else np.asarray(A)
        if not self._listed:
            data = data.reshape(-1, 1) if data.ndim < 2 else data
            self._dim = _checks.own_axis(call, "IterationDimension", IterationDimension, data.ndim)
        self._data: Any = data
        super().__init__()

    @property
    def count(self) -> int:
        return len(self._data) if self._listed else int(self._data.shape[self._dim])

    def row(self, i: int) -> Row:
        if self._listed:
            return [self._data[i]]
        last = self._dim == self._data.ndim - 1 and self._data.ndim > 2
        slice_ = self._data.take(i if last else [i], axis=self._dim)
        return [slice_]


class CombinedDatastore(Datastore):
    """The rows of several datastores side by side; see `combine`."""

    def __init__(self, datastores: Sequence[Datastore]) -> None:
        self.UnderlyingDatastores = list(datastores)
        super().__init__()

    @property
    def count(self) -> int:
        return min(len(ds) for ds in self.UnderlyingDatastores)

    def row(self, i: int) -> Row:
        return [value for ds in self.UnderlyingDatastores for value in ds.rows(i, i + 1)[0]]


class TransformedDatastore(Datastore):
    """The rows of a datastore after a function; see `transform`."""

    def __init__(self, datastore: Datastore, function: Callable[[Any], Any]) -> None:
        self.UnderlyingDatastore, self.Transforms = datastore, [function]
        super().__init__()

    @property
    def count(self) -> int:
        return len(self.UnderlyingDatastore)

    def row(self, i: int) -> Row:
        value = self.UnderlyingDatastore.rows(i, i + 1)[0]
        bare = self.UnderlyingDatastore.OutputType == "same"
        result = self.Transforms[0](value[0] if bare else value)
        if not isinstance(result, (list, tuple)):
            raise TypeError(
                "transform: the function must return a list with one value a variable; it "
                f"returned {type(result).__name__}. Return [value]."
            )
        return list(result)


def combine(*datastores: Datastore) -> CombinedDatastore:
    """A datastore whose rows hold the values of several, one beside the other.

    It is as long as the shortest.

    Examples
    --------
    >>> X = arrayDatastore([np.ones((103, 3)), np.ones((136, 3))])
    >>> T = arrayDatastore(np.array(["sine", "square"]))
    >>> len(combine(X, T).read())
    2
    """
    for i, ds in enumerate(datastores):
        if not isinstance(ds, Datastore):
            raise TypeError(
                f"combine: argument {i + 1} must be a datastore; got {type(ds).__name__}. Make one "
                "with arrayDatastore(data)."
            )
    if not datastores:
        raise TypeError("combine: at least one datastore is needed.")
    if len({ds.OutputType for ds in datastores}) > 1:
        raise TypeError(
            'combine: some datastores read rows, others bare values; use OutputType="cell" for all.'
        )
    return CombinedDatastore(datastores)


def transform(datastore: Datastore, function: Callable[[Any], Any]) -> TransformedDatastore:
    """A datastore with a function applied to each row as it is read.

    The function takes what `read` gives for one observation and returns a list, one value a
    variable.

    Examples
    --------
    >>> ds = transform(arrayDatastore(np.ones((2, 3))), lambda row: [2 * row[0]])
    >>> ds.read()[0]
    array([[2., 2., 2.]])
    """
    if not isinstance(datastore, Datastore):
        raise TypeError(
            f"transform: the first argument must be a datastore; got {type(datastore).__name__}."
        )
    if not callable(function):
        raise TypeError(
            f"transform: the second argument must be a function; got {type(function).__name__}."
        )
    return TransformedDatastore(datastore, function)


def as_datastore(call: str, data: Any) -> Datastore:
    """A datastore, or one made of an array, a list of observations, or a tuple of these."""
    if isinstance(data, Datastore):
        return data
    if isinstance(data, tuple):
        parts = [as_datastore(call, part) for part in data]
        counts = [len(part) for part in parts]
        if len(set(counts)) > 1:
            raise ShapeError(
                f"{call}: the variables differ in their number of observations: {counts}."
            )
        return combine(*parts)
    if isinstance(data, (list, np.ndarray)):
        return ArrayDatastore(data)
    raise TypeError(
        f"{call}: data must be a datastore, an array, a list of observations, or a tuple of these; "
        f"got {type(data).__name__}."
    )


arrayDatastore = ArrayDatastore
