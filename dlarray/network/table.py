"""A light table: columns by name, rows by iteration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

from .. import _console
from ..array import children, dlarray, leaves, map_arrays, record
from ..formats import ShapeError, describe


class Table:
    """Columns of equal length.

    A column is an attribute (`table.Value`), a row a dict (`for row in table`, `table[0]`); a
    slice, a list of integers or a mask picks rows, and `where` those with some values.  `to_pandas`
    makes a DataFrame.

    Examples
    --------
    >>> table = Table({"Name": ["a", "b", "c"], "Size": [1, 2, 2]})
    >>> table.Size, len(table)
    ([1, 2, 2], 3)
    >>> table[1:].Name, table.where(Size=2, Name="c").Name
    (['b', 'c'], ['c'])
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

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, str):
            return self._columns[index]
        places = self._places(index)
        if isinstance(places, int):
            return {name: values[places] for name, values in self._columns.items()}
        return self._rows(places)

    def where(self, **values: Any) -> Any:
        """The rows whose columns have these values; a list, tuple or set of values means any of
        them.
        """
        return self._rows(self._found(values))

    def _found(self, values: Mapping[str, Any]) -> list[int]:
        """The places of the rows that `where` picks."""
        columns = [(getattr(self, name), value) for name, value in values.items()]
        return [
            i
            for i in range(len(self))
            if all(
                column[i] in value if isinstance(value, (list, tuple, set)) else column[i] == value
                for column, value in columns
            )
        ]

    def _rows(self, places: Sequence[int]) -> Any:
        return type(self)(
            {name: [values[i] for i in places] for name, values in self._columns.items()}
        )

    def _places(self, index: Any) -> int | list[int]:
        """Row numbers from an integer, a slice, a list of integers or a mask."""
        n = len(self)
        if isinstance(index, slice):
            return list(range(n)[index])
        numbers = np.asarray(index.data if isinstance(index, dlarray) else index)
        if numbers.dtype.kind == "b" and numbers.ndim:
            if numbers.size != n:
                raise IndexError(f"the mask has {numbers.size} elements, the table {n} rows.")
            return [int(i) for i in np.nonzero(numbers.reshape(-1))[0]]
        if numbers.dtype.kind not in "iu" and numbers.size:
            raise TypeError(
                "rows of a table are picked by an integer, a slice, a list of integers or a mask; "
                f"got {index!r}."
            )
        outside = numbers[(numbers < -n) | (numbers >= n)]
        if outside.size:
            raise IndexError(f"row {outside.reshape(-1)[0]} is outside a table of {n} rows.")
        if numbers.ndim == 0:
            return int(numbers) % n
        return [int(i) % n for i in numbers.reshape(-1)]

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), []))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for i in range(len(self)):
            yield {name: values[i] for name, values in self._columns.items()}

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._columns,)

    def map_arrays(self, function: Callable[[Any], Any]) -> Any:
        """The table with a function applied to the arrays of its Value column, or, without one, of
        every column that holds arrays.
        """
        columns = dict(self._columns)
        for name in self._array_columns():
            columns[name] = [map_arrays(function, value) for value in columns[name]]
        return type(self)(columns)

    def _array_columns(self) -> list[str]:
        if "Value" in self._columns:
            return ["Value"]
        return [
            name
            for name, values in self._columns.items()
            if any(isinstance(leaf, dlarray) for _, leaf in leaves(list(values)))
        ]

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
    one, `table[rows] = others` or `table.assign(others)` some.  The table, and any part of it, is a
    container to `dlfeval`, `dlgradient` and the update functions: to train a part of a network,
    take its rows with `where` in the function that `dlfeval` calls and in the update.

    Examples
    --------
    >>> import dlarray as dl
    >>> net = dl.dlnetwork([dl.sequenceInputLayer(3), dl.fullyConnectedLayer(4, Name="frozen"),
    ...                     dl.fullyConnectedLayer(2, Name="head")])
    >>> def slopes(net, X):
    ...     head = net.Learnables.where(Layer="head")
    ...     return dl.dlgradient(dl.sum(dl.forward(net, X) ** 2, "all"), head)
    >>> gradients = dl.dlfeval(slopes, net, dl.dlarray(np.ones((3, 9)), "CT"))
    >>> head, velocity = dl.sgdmupdate(net.Learnables.where(Layer="head"), gradients, None)
    >>> net.Learnables.assign(head)
    """

    def __init__(self, rows: Sequence[tuple[str, str, Any]]) -> None:
        layers, names, values = ([row[k] for row in rows] for k in range(3))
        super().__init__({"Layer": layers, "Parameter": names})
        titles = [f"{layer}/{name}" for layer, name in zip(layers, names, strict=True)]
        self._columns["Value"] = Values(titles, values)

    def _rows(self, places: Sequence[int]) -> ParameterTable:
        rows = self.rows()
        return ParameterTable([rows[i] for i in places])

    def __setitem__(self, index: Any, values: Any) -> None:
        """Set the Value of some rows: from a table of the same rows, or a list of arrays."""
        places = self._places(index)
        rows = self._rows([places] if isinstance(places, int) else places)
        if isinstance(values, ParameterTable) and not rows.same_rows(values):
            raise ValueError(
                f"the rows of the tables differ: {rows.Value.titles} are assigned "
                f"{values.Value.titles}. Use assign to set rows by their names."
            )
        if isinstance(places, int):
            places, values = (
                [places],
                values.Value if isinstance(values, ParameterTable) else [values],
            )
        self.Value.set(places, list(getattr(values, "Value", values)))

    def assign(self, rows: Any) -> None:
        """Set the Value of the rows that another table, or a list of records, names."""
        table = as_parameters(rows)
        if table is None:
            raise TypeError(
                "assign takes a table with columns Layer, Parameter and Value, or a list of "
                f"records with these; got {type(rows).__name__}."
            )
        place = {title: i for i, title in enumerate(self.Value.titles)}
        unknown = [title for title in table.Value.titles if title not in place]
        if unknown:
            raise ValueError(f"the table has no row {unknown[0]}; rows are {self.Value.titles}.")
        self.Value.set([place[title] for title in table.Value.titles], list(table.Value))

    def array_names(self) -> list[str]:
        """ "layer/parameter" of every row, for messages."""
        return list(self.Value.titles)

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
        new, columns = list(values), self._columns
        titles = columns["Value"].titles
        if len(new) != len(titles):
            raise ValueError(f"{len(titles)} values are needed; got {len(new)}.")
        table = object.__new__(ParameterTable)
        table.__dict__["_columns"] = {
            "Layer": columns["Layer"].copy(),
            "Parameter": columns["Parameter"].copy(),
            "Value": Values(titles, new),
        }
        return table

    def map_arrays(self, function: Callable[[Any], Any]) -> ParameterTable:
        return self.replaced([function(value) for value in self.Value])

    def array_parts(self) -> tuple[Any, list[Any]]:
        """What makes a table the same but for its values, and these."""
        columns = self._columns
        return (tuple(columns["Layer"]), tuple(columns["Parameter"])), self.arrays()

    def arrays(self) -> list[Any]:
        """The values, in a list of its own."""
        return self._columns["Value"]._values.copy()

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
        table = as_parameters(other)
        if table is not None and self.same_rows(table):
            return table.Value
        have = type(other).__name__ if table is None else str(table.Value.titles)
        raise ValueError(
            f"{call}: the tables differ: the parameters are {self.Value.titles}, the other has "
            f"{have}. Give the gradient of net.Learnables, or the same rows of both."
        )

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


def as_parameters(value: Any) -> ParameterTable | None:
    """A network's learnables, a table or a list of records as a table of parameters; else None."""
    value = getattr(value, "Learnables", value)
    if isinstance(value, ParameterTable):
        return value
    if not isinstance(value, (list, tuple)) or any(record(row) is None for row in value):
        return None
    names = [record(row) or ("", "") for row in value]
    values = [part for row in value for _, part in children(row) or ()]
    return ParameterTable([(*names, part) for names, part in zip(names, values, strict=True)])


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

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: Any) -> Any:
        return self._values[index]

    def __setitem__(self, index: int | slice, value: Any) -> None:
        if isinstance(index, slice):
            self.set(range(len(self))[index], list(value))
        else:
            self.set([index], [value])

    def set(self, places: Sequence[int], values: Sequence[Any]) -> None:
        """Set the values at some places: all, or on an error none."""
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
