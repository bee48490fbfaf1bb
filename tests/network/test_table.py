"""The light tables of networks and histories."""

from __future__ import annotations

import copy
import pickle
import sys

import numpy as np
import pytest

import dlarray as dl
from dlarray.network import ParameterTable, Table

PRINTED = """\
  3×3 table

    Layer     Parameter    Value
    ______    _________    ___________________

    conv1d    Weights      3×2×4 dlarray
    conv1d    Bias         []
    norm      Offset       2(C) × 1(U) dlarray"""


def parameters() -> ParameterTable:
    return ParameterTable(
        [
            ("conv1d", "Weights", dl.dlarray(np.arange(24.0).reshape(3, 2, 4))),
            ("conv1d", "Bias", None),
            ("norm", "Offset", dl.dlarray([1.0, 2.0], "C")),
        ]
    )


def table() -> Table:
    return Table({"Iteration": [1, 2, 3], "Loss": [0.5, 0.25, None]})


def test_columns_are_attributes_and_items():
    assert table().Loss == table()["Loss"] == [0.5, 0.25, None]
    assert table().Properties == ["Iteration", "Loss"]
    assert len(table()) == 3


def test_rows_are_dicts():
    assert list(table())[1] == {"Iteration": 2, "Loss": 0.25}


def test_columns_are_copies():
    column = [1, 2]
    made = Table({"A": column})
    column.append(3)
    assert made.A == [1, 2]


def test_empty_table():
    assert (len(Table({})), list(Table({})), Table({}).Properties) == (0, [], [])


def test_unequal_columns_raise():
    with pytest.raises(ValueError, match=r"columns differ in length: \{'A': 1, 'B': 2\}"):
        Table({"A": [1], "B": [1, 2]})


def test_unknown_column_raises_with_the_known_ones():
    with pytest.raises(AttributeError, match=r"no column Los; columns are Iteration, Loss\."):
        table().Los  # noqa: B018


def test_unknown_column_of_an_empty_table_reads_well():
    with pytest.raises(AttributeError, match="no column Loss") as caught:
        Table({}).Loss  # noqa: B018
    assert not str(caught.value).endswith("columns are .")


def test_pandas_frame_has_the_columns():
    frame = table().to_pandas()
    assert list(frame.columns) == ["Iteration", "Loss"]
    assert frame["Iteration"].tolist() == [1, 2, 3]


def test_missing_pandas_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="to_pandas needs pandas: python -m pip install pandas"):
        table().to_pandas()


def test_long_tables_print_their_beginning():
    lines = repr(Table({"A": list(range(70))})).split("\n")
    assert lines[0] == "  70×1 table"
    assert lines[-1] == "    ... 10 more rows"
    assert len(lines) == 5 + 60 + 1


def test_numbers_print_with_five_digits():
    text = repr(Table({"A": [0.123456789, 1e-7], "B": ["x", True]}))
    assert [line.split() for line in text.split("\n")[5:]] == [["0.12346", "x"], ["1e-07", "True"]]


def test_parameters_print_as_sizes():
    assert repr(parameters()) == PRINTED


def test_rows_of_parameters():
    assert [row[:2] for row in parameters().rows()] == [
        ("conv1d", "Weights"),
        ("conv1d", "Bias"),
        ("norm", "Offset"),
    ]


def test_value_keeps_its_size():
    made = parameters()
    made.Value[2] = [3.0, 4.0]
    assert isinstance(made.Value[2], dl.dlarray)
    with pytest.raises(dl.ShapeError, match=r"norm/Offset has size 2×1; got 3×1"):
        made.Value[2] = [3.0, 4.0, 5.0]
    with pytest.raises(dl.ShapeError, match="conv1d/Weights has size 3×2×4; got 1×1"):
        made.Value[-3] = 1.0


def test_unset_value_takes_any_size():
    made = parameters()
    made.Value[1] = np.ones((1, 4))
    assert made.Value[1].shape == (1, 4)


def test_functions_apply_to_every_value():
    made = ParameterTable([row for row in parameters().rows() if row[2] is not None])
    doubled = made.map_arrays(lambda value: value * 2)
    assert doubled.Layer == made.Layer
    assert np.array_equal(doubled.Value[0].data, 2 * made.Value[0].data)


def test_tables_of_equal_rows_are_equal():
    assert parameters() == parameters()
    assert parameters() == copy.deepcopy(parameters()) == pickle.loads(pickle.dumps(parameters()))


@pytest.mark.parametrize(
    "value",
    [[1.0, 3.0], dl.dlarray([1.0, 2.0], "B"), np.array([1, 2], "f4")],
    ids=["value", "format", "type"],
)
def test_tables_that_differ_are_not_equal(value):
    changed = parameters()
    changed.Value[2] = dl.dlarray(value, "" if isinstance(value, dl.dlarray) else "C")
    assert changed != parameters()
    assert parameters() != [1]


def test_set_and_unset_values_are_not_equal():
    changed = parameters()
    changed.Value[1] = [1.0]
    assert changed != parameters()
    assert parameters() != changed
