"""A light table: columns by name, rows by iteration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

from .. import _console
from ..array import dlarray
from ..formats import ShapeError, describe


class Table:
    """Columns of equal length.

    A column is an attribute (`table.Value`), a row a dict (`for row in table`); `to_pandas` makes a
    DataFrame.

    Examples
    --------
    >>> table = Table({"Name": ["a", "b"], "Size": [1, 2]})
    >>> table.Size, len(table)
    ([1, 2], 2)
    """

    _columns: dict[str, Any]

    def __init__(self, columns: Mapping[str, Sequence[Any]]) -> None:
        self.__dict__["_columns"] = {name: list(values) for name, values in columns.items()}
        lengths = {name: len(values) for name, values in self._columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"Table: columns differ in length: {lengths}.")

    @property
    def Properties(self) -> list[str]:
        """The names of the columns."""
        return list(self._columns)

    def __getattr__(self, name: str) -> Any:
        columns = self.__dict__.get("_columns", {})
        if name in columns:
            return columns[name]
        known = ", ".join(columns) or "none"
        raise AttributeError(f"the table has no column {name}; columns are {known}.")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{name} of a table can't be assigned; assign to an element of it.")

    def __getitem__(self, name: str) -> Any:
        return self._columns[name]

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), []))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for i in range(len(self)):
            yield {name: values[i] for name, values in self._columns.items()}

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._columns,)

    def to_pandas(self) -> Any:
        """The table as a pandas DataFrame; needs pandas."""
        try:
            import pandas
        except ImportError:
            raise ImportError("to_pandas needs pandas: python -m pip install pandas.") from None
        return pandas.DataFrame({name: list(values) for name, values in self._columns.items()})

    def __repr__(self) -> str:
        return text(self)


class ParameterTable(Table):
    """The parameters of a network: columns Layer, Parameter and Value.

    Values are dlarrays, or None while unset, and keep their sizes: `table.Value[i] = array` sets
    one.  The table is a container to `dlfeval`, `dlgradient` and the update functions.
    """

    def __init__(self, rows: Sequence[tuple[str, str, Any]]) -> None:
        layers, names, values = ([row[k] for row in rows] for k in range(3))
        super().__init__({"Layer": layers, "Parameter": names})
        titles = [f"{layer}/{name}" for layer, name in zip(layers, names, strict=True)]
        self._columns["Value"] = Values(titles, values)

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "Value":
            super().__setattr__(name, value)
        self.Value[:] = value

    def __reduce__(self) -> tuple[Any, ...]:
        return ParameterTable, (self.rows(),)

    def rows(self) -> list[tuple[str, str, Any]]:
        """(layer, parameter, value) of every row."""
        return list(zip(self.Layer, self.Parameter, self.Value, strict=True))

    def replaced(self, values: Iterable[Any]) -> ParameterTable:
        """The table with other values, row by row."""
        return ParameterTable(
            list(zip(self.Layer, self.Parameter, list(values), strict=True)),
        )

    def map_arrays(self, function: Callable[[Any], Any]) -> ParameterTable:
        return self.replaced([function(value) for value in self.Value])

    def array_parts(self) -> tuple[Any, list[Any]]:
        """What makes a table the same but for its values, and these."""
        return (tuple(self.Layer), tuple(self.Parameter)), list(self.Value)

    def with_array_parts(self, parts: Sequence[Any]) -> ParameterTable:
        """The table with other values of `array_parts`."""
        return self.replaced(parts)

    def map_together(
        self, call: str, count: int | None, function: Callable[..., tuple[Any, ...]], *others: Any
    ) -> tuple[Any, ...]:
        """`array.map_together` over the rows; the others are tables of the same rows, or None."""
        columns = [self._matching(call, other) for other in others]
        results = [
            function(value, *(column[i] for column in columns))
            for i, value in enumerate(self.Value)
        ]
        count = len(results[0]) if results else count or 1
        return tuple(self.replaced([result[k] for result in results]) for k in range(count))

    def _matching(self, call: str, other: Any) -> Sequence[Any]:
        if other is None:
            return [None] * len(self)
        table = getattr(other, "Learnables", other)
        if not isinstance(table, ParameterTable) or not self.same_rows(table):
            have = type(other).__name__
            if isinstance(table, ParameterTable):
                have = str(table.Value.titles)
            raise ValueError(
                f"{call}: the tables differ: the parameters are {self.Value.titles}, the other has "
                f"{have}. Give the gradient of net.Learnables."
            )
        return table.Value

    def same_rows(self, other: ParameterTable) -> bool:
        """Whether another table has the same layers and parameters in the same order."""
        return bool(self.Layer == other.Layer and self.Parameter == other.Parameter)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ParameterTable)
            and self.same_rows(other)
            and all(_same(a, b) for a, b in zip(self.Value, other.Value, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]


def _same(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    return bool(a.fmt == b.fmt and a.dtype == b.dtype and np.array_equal(a._data, b._data))


class Values(Sequence[Any]):
    """The Value column: one array a row, which keeps its size once it is set."""

    def __init__(self, titles: list[str], values: Sequence[Any]) -> None:
        self.titles, self._values = titles, list(values)

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: Any) -> Any:
        return self._values[index]

    def __setitem__(self, index: int | slice, value: Any) -> None:
        places = range(len(self))[index] if isinstance(index, slice) else [index]
        values = list(value) if isinstance(index, slice) else [value]
        if len(values) != len(places):
            raise ValueError(f"{len(places)} values are needed; got {len(values)}.")
        new = [self._checked(i, v) for i, v in zip(places, values, strict=True)]
        for i, array in zip(places, new, strict=True):
            self._values[i] = array

    def _checked(self, i: int, value: Any) -> Any:
        """A new value of row i, of the size that it has."""
        old = self._values[i]
        if value is None and old is None:
            return None
        array = value if isinstance(value, dlarray) else dlarray(value)
        if isinstance(old, dlarray) and old.shape != array.shape:
            raise ShapeError(
                f"{self.titles[i]} has size {describe(old.shape, old.fmt)}; got "
                f"{describe(array.shape, array.fmt)}. A parameter keeps its size."
            )
        return array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "[" + ", ".join(_cell(value) for value in self._values) + "]"


def text(table: Table, limit: int = 60) -> str:
    """The table as aligned columns; values of arrays as sizes."""
    names = table.Properties
    rows = [[_cell(row[name]) for name in names] for i, row in enumerate(table) if i < limit]
    widths = [max([len(name), *(len(row[k]) for row in rows)]) for k, name in enumerate(names)]

    def line(cells: Sequence[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return "    ".join(["", *padded]).rstrip()

    lines = [f"  {len(table)}×{len(names)} table", "", line(names)]
    lines += [line(["_" * width for width in widths]), "", *(line(row) for row in rows)]
    if len(table) > limit:
        lines.append(f"    ... {len(table) - limit} more rows")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return "[]"
    if isinstance(value, dlarray):
        return f"{describe(value.shape, value.fmt)} dlarray"
    if isinstance(value, float):
        return _console.number(value, ".5g")
    return str(value)
