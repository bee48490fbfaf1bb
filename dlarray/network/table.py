"""A light table: columns by name, rows by iteration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

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

    def __init__(self, columns: Mapping[str, Sequence[Any]]) -> None:
        self._columns: dict[str, list[Any]] = {
            name: list(values) for name, values in columns.items()
        }
        lengths = {len(values) for values in self._columns.values()}
        if len(lengths) > 1:
            raise ValueError(
                "Table: columns differ in length: "
                f"{ {n: len(v) for n, v in self._columns.items()} }."
            )

    @property
    def Properties(self) -> list[str]:
        """The names of the columns."""
        return list(self._columns)

    def __getattr__(self, name: str) -> list[Any]:
        columns = self.__dict__.get("_columns", {})
        if name in columns:
            return columns[name]
        raise AttributeError(f"the table has no column {name}; columns are {', '.join(columns)}.")

    def __getitem__(self, name: str) -> list[Any]:
        return self._columns[name]

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), []))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for i in range(len(self)):
            yield {name: values[i] for name, values in self._columns.items()}

    def to_pandas(self) -> Any:
        """The table as a pandas DataFrame; needs pandas."""
        try:
            import pandas
        except ImportError:
            raise ImportError("to_pandas needs pandas: python -m pip install pandas.") from None
        return pandas.DataFrame(self._columns)

    def __repr__(self) -> str:
        return text(self)


class ParameterTable(Table):
    """The parameters of a network: columns Layer, Parameter and Value, dlarrays that keep their
    sizes.

    `table.Value[i] = array` sets one.  It is a container to `dlfeval`, `dlgradient` and the update
    functions.
    """

    def __init__(self, rows: Sequence[tuple[str, str, Any]]) -> None:
        super().__init__(
            {
                "Layer": [r[0] for r in rows],
                "Parameter": [r[1] for r in rows],
                "Value": [r[2] for r in rows],
            }
        )
        self._columns["Value"] = _Values(self, self._columns["Value"])

    def rows(self) -> list[tuple[str, str, Any]]:
        """(layer, parameter, value) of every row."""
        return list(zip(self.Layer, self.Parameter, self.Value, strict=True))

    def replaced(self, values: Sequence[Any]) -> ParameterTable:
        """The table with other values, row by row."""
        return ParameterTable(
            [
                (layer, parameter, v)
                for (layer, parameter, _), v in zip(self.rows(), values, strict=True)
            ]
        )

    def map_arrays(self, function: Callable[[Any], Any]) -> ParameterTable:
        return self.replaced([function(value) for value in self.Value])

    def map_together(
        self, call: str, function: Callable[..., tuple[Any, ...]], *others: Any
    ) -> tuple[Any, ...]:
        """`array.map_together` over the rows; the others are tables of the same rows, or None."""
        columns = [self._matching(call, other) for other in others]
        results = [
            function(value, *(column[i] for column in columns))
            for i, value in enumerate(self.Value)
        ]
        count = len(results[0]) if results else 1 + len(others)
        return tuple(self.replaced([result[k] for result in results]) for k in range(count))

    def _matching(self, call: str, other: Any) -> list[Any]:
        if other is None:
            return [None] * len(self)
        table = getattr(other, "Learnables", other)
        if (
            not isinstance(table, ParameterTable)
            or table.Layer != self.Layer
            or table.Parameter != self.Parameter
        ):
            have = (
                [f"{a}/{b}" for a, b, _ in table.rows()]
                if isinstance(table, ParameterTable)
                else type(other).__name__
            )
            raise ValueError(
                f"{call}: the tables differ: the parameters are "
                f"{[f'{a}/{b}' for a, b, _ in self.rows()]}, the other has {have}. "
                "Give the gradient of net.Learnables."
            )
        return table.Value

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ParameterTable)
            and (self.Layer, self.Parameter) == (other.Layer, other.Parameter)
            and all(_same(a, b) for a, b in zip(self.Value, other.Value, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]


def _same(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    return a.fmt == b.fmt and a.dtype == b.dtype and np.array_equal(a.data, b.data)


class _Values(list[Any]):
    """The Value column: an item keeps its size."""

    def __init__(self, table: ParameterTable, values: Sequence[Any]) -> None:
        super().__init__(values)
        self.table = table

    def __setitem__(self, index: Any, value: Any) -> None:
        old = self[index]
        array = value if isinstance(value, dlarray) else dlarray(value)
        if isinstance(old, dlarray) and old.shape != array.shape:
            raise ShapeError(
                f"{self.table.Layer[index]}/{self.table.Parameter[index]} has size "
                f"{describe(old.shape, old.fmt)}; got "
                f"{describe(array.shape, array.fmt)}. A parameter keeps its size."
            )
        super().__setitem__(index, array)

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


def text(table: Table, limit: int = 60) -> str:
    """The table as aligned columns; values of arrays as sizes."""
    names = table.Properties
    rows = [[_cell(row[name]) for name in names] for i, row in enumerate(table) if i < limit]
    widths = [max([len(name), *(len(row[k]) for row in rows)]) for k, name in enumerate(names)]
    lines = [
        f"  {len(table)}×{len(names)} table",
        "",
        "    ".join(["", *(name.ljust(w) for name, w in zip(names, widths, strict=True))]).rstrip(),
        "    ".join(["", *("_" * w for w in widths)]),
        "",
        *(
            "    ".join(["", *(c.ljust(w) for c, w in zip(row, widths, strict=True))]).rstrip()
            for row in rows
        ),
    ]
    if len(table) > limit:
        lines.append(f"    ... {len(table) - limit} more rows")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return "[]"
    if isinstance(value, dlarray):
        return f"{describe(value.shape, value.fmt)} dlarray"
    if isinstance(value, float):
        return f"{value:.5g}"
    return str(value)
