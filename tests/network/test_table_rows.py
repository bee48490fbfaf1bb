"""Rows of tables: picked, assigned back, trained alone; lists of records for tables."""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl
from dlarray.network import ParameterTable, Table


def parameters() -> ParameterTable:
    return ParameterTable(
        [
            ("conv", "Weights", dl.dlarray(np.arange(6.0).reshape(3, 2))),
            ("conv", "Bias", dl.dlarray([1.0, 2.0])),
            ("fc", "Weights", dl.dlarray([3.0])),
            ("fc", "Bias", dl.dlarray([4.0])),
        ]
    )


def two_layers() -> dl.dlnetwork:
    layers = [dl.fullyConnectedLayer(5, Name="first"), dl.fullyConnectedLayer(2, Name="last")]
    return dl.dlnetwork([dl.sequenceInputLayer(3), *layers])


X = dl.dlarray(np.linspace(-1, 1, 21).reshape(3, 7).astype("f4"), "CT")


def records(table: ParameterTable) -> list[dict[str, object]]:
    return list(table)


# -- rows


@pytest.mark.parametrize(
    ("index", "titles"),
    [
        (slice(1, 3), ["conv/Bias", "fc/Weights"]),
        (slice(None, None, -2), ["fc/Bias", "conv/Bias"]),
        ([2, -1], ["fc/Weights", "fc/Bias"]),
        ([False, True, False, True], ["conv/Bias", "fc/Bias"]),
        (np.array([1]), ["conv/Bias"]),
        ([], []),
    ],
    ids=["slice", "steps", "list", "mask", "array", "none"],
)
def test_rows_by_number(index, titles):
    table = parameters()[index]
    assert isinstance(table, ParameterTable)
    assert table.array_names() == titles


def test_a_mask_from_a_column():
    table = parameters()
    assert table[np.array(table.Layer) == "fc"].Parameter == ["Weights", "Bias"]


def test_one_row_is_a_dict():
    row = parameters()[-1]
    assert (row["Layer"], row["Parameter"], row["Value"].item()) == ("fc", "Bias", 4)
    assert row == next(r for r in parameters()[3:])


@pytest.mark.parametrize(
    ("values", "titles"),
    [
        ({"Layer": "fc"}, ["fc/Weights", "fc/Bias"]),
        ({"Parameter": "Bias"}, ["conv/Bias", "fc/Bias"]),
        ({"Layer": "fc", "Parameter": "Bias"}, ["fc/Bias"]),
        ({"Layer": ["fc", "conv"], "Parameter": ("Bias",)}, ["conv/Bias", "fc/Bias"]),
        ({"Layer": "lstm"}, []),
    ],
    ids=["layer", "parameter", "both", "lists", "none"],
)
def test_rows_by_value(values, titles):
    assert parameters().where(**values).array_names() == titles


def test_rows_of_other_tables():
    table = Table({"Epoch": [1, 1, 2], "Loss": [3.0, 2.0, 1.0]})
    assert table.where(Epoch=1).Loss == [3, 2]
    assert type(table[1:]) is Table
    assert table[[2, 0]].Loss == [1, 3]


def test_rows_share_their_arrays():
    table = parameters()
    assert table.where(Layer="fc").Value[0] is table.Value[2]


@pytest.mark.parametrize(
    ("index", "error", "text"),
    [
        (4, IndexError, "row 4 is outside a table of 4 rows"),
        ([0, -5], IndexError, "row -5 is outside a table of 4 rows"),
        ([True], IndexError, "the mask has 1 elements, the table 4 rows"),
        (1.5, TypeError, "by an integer, a slice, a list of integers or a mask; got 1.5"),
        ("Nothing", KeyError, "Nothing"),
    ],
    ids=["outside", "below", "mask", "number", "column"],
)
def test_wrong_rows(index, error, text):
    with pytest.raises(error, match=text):
        parameters()[index]


def test_an_unknown_column_in_where():
    with pytest.raises(AttributeError, match="no column layer; columns are Layer, Parameter"):
        parameters().where(layer="fc")


# -- assigned


@pytest.mark.parametrize("index", [slice(2, None), [2, 3], [False, False, True, True]], ids=str)
def test_rows_are_assigned_from_a_table_of_them(index):
    table = parameters()
    table[index] = table.where(Layer="fc").map_arrays(lambda value: value * 10)
    assert [dl.sum(value).item() for value in table.Value[1:]] == [3, 30, 40]


def test_rows_are_assigned_from_arrays():
    table = parameters()
    table[2:] = [[7.0], dl.dlarray([8.0])]
    table[1] = [5.0, 6.0]
    assert [value.extractdata().ravel().tolist() for value in table.Value[1:]] == [[5, 6], [7], [8]]


@pytest.mark.parametrize("kind", [lambda table: table, records], ids=["table", "records"])
def test_rows_are_assigned_by_name(kind):
    table = parameters()
    table.assign(kind(table[[3, 2]].map_arrays(lambda value: value * 10)))
    assert [value.item() for value in table.Value[2:]] == [30, 40]


def test_wrong_assignments():
    table = parameters()
    with pytest.raises(ValueError, match=r"rows of the tables differ: \['fc/Weights', 'fc/Bias'\]"):
        table[2:] = table[:2]
    with pytest.raises(ValueError, match="2 values are needed; got 1"):
        table[2:] = [[1.0]]
    with pytest.raises(dl.ShapeError, match="fc/Bias has size 1×1; got 2×1"):
        table[2:] = [[1.0], [1.0, 2.0]]
    with pytest.raises(ValueError, match=r"the table has no row lstm/Bias; rows are \['conv/Wei"):
        table.assign(ParameterTable([("lstm", "Bias", dl.dlarray([1.0]))]))
    with pytest.raises(TypeError, match=r"assign takes a table .* list of records .*; got int"):
        table.assign(3)
    assert table == parameters()


# -- frozen parameters


def head_only(net, X):
    loss = dl.sum(dl.forward(net, X) ** 2, "all")
    return loss, dl.dlgradient(loss, net.Learnables.where(Layer="last"))


def test_a_part_of_a_network_is_trained():
    net = two_layers()
    before = net.Learnables.replaced(net.Learnables.Value)
    velocity, losses = None, []
    for _ in range(5):
        loss, slopes = dl.dlfeval(head_only, net, X)
        assert slopes.array_names() == ["last/Weights", "last/Bias"]
        rows = net.Learnables.where(Layer="last")
        rows, velocity = dl.sgdmupdate(rows, slopes, velocity, 0.01)
        net.Learnables.assign(rows)
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
    assert net.Learnables[:2] == before[:2]
    assert net.Learnables[2:] != before[2:]


def test_gradients_of_a_part_are_those_of_the_whole():
    def whole(net, X):
        return dl.dlgradient(dl.sum(dl.forward(net, X) ** 2, "all"), net.Learnables)

    net = two_layers()
    assert dl.dlfeval(head_only, net, X)[1] == dl.dlfeval(whole, net, X).where(Layer="last")


def test_a_frozen_layer_may_be_a_constant_captured_by_the_function():
    net = two_layers()
    frozen = net.Learnables.where(Layer="first")

    def loss(head, X):
        W, b = frozen.Value
        hidden = dl.fullyconnect(X, W, b)
        return dl.dlgradient(dl.sum(dl.fullyconnect(hidden, *head.Value) ** 2, "all"), head)

    slopes = dl.dlfeval(loss, net.Learnables.where(Layer="last"), X)
    assert slopes == dl.dlfeval(head_only, net, X)[1]


def test_factors_of_layers_concern_trainnet_only():
    """As in MATLAB an update of a custom loop ignores LearnRateFactor."""
    layer = dl.fullyConnectedLayer(2, Name="fc", WeightLearnRateFactor=0)
    net = dl.dlnetwork([dl.sequenceInputLayer(3), layer])
    ones = net.Learnables.map_arrays(lambda value: value * 0 + 1)
    new, _ = dl.sgdmupdate(net, ones, None, 1)
    assert not np.array_equal(new.Learnables.Value[0].data, net.Learnables.Value[0].data)


def test_gradients_of_other_rows_are_an_error_naming_them():
    net = two_layers()
    _, slopes = dl.dlfeval(head_only, net, X)
    text = (
        r"rmspropupdate: the tables differ: the parameters are \['first/Weights', .*, the other "
        r"has \['last/Weights', 'last/Bias'\]\. Give the gradient of net\.Learnables, or"
    )
    with pytest.raises(ValueError, match=text):
        dl.rmspropupdate(net, slopes, None)


# -- tables, records and networks in one another's place


@pytest.mark.parametrize("kind", [lambda table: table, records], ids=["table", "records"])
def test_gradients_of_records_update_networks_and_tables(kind):
    net = two_layers()
    slopes = net.Learnables.map_arrays(lambda value: value * 0 + 1)
    want, average = dl.rmspropupdate(net, slopes, None)
    got, again = dl.rmspropupdate(net, kind(slopes), kind(average))
    assert isinstance(got, dl.dlnetwork) and isinstance(again, ParameterTable)
    assert want.Learnables != got.Learnables
    rows, _ = dl.rmspropupdate(records(net.Learnables), slopes, None)
    assert [row["Layer"] for row in rows] == net.Learnables.Layer
    assert (
        ParameterTable([(r["Layer"], r["Parameter"], r["Value"]) for r in rows]) == want.Learnables
    )


def test_networks_within_containers():
    nets = {"encoder": two_layers(), "decoder": [two_layers()]}

    def loss(nets, X):
        Y = dl.forward(nets["encoder"], X) + dl.forward(nets["decoder"][0], X)
        tables = {"encoder": nets["encoder"].Learnables, "decoder": [nets["decoder"][0].Learnables]}
        return dl.dlgradient(dl.sum(Y**2, "all"), tables)

    slopes = dl.dlfeval(loss, nets, X)
    new, states = dl.rmspropupdate(nets, slopes, None)
    assert isinstance(new["decoder"][0], dl.dlnetwork)
    assert isinstance(states["decoder"][0], ParameterTable)
    dl.rmspropupdate(new, slopes, states)


def test_dlupdate_with_gradients_of_a_network():
    net = two_layers()
    slopes = net.Learnables.map_arrays(lambda value: value * 0 + 1)
    new = dl.dlupdate(lambda p, g: p - g, net, slopes)
    for got, old in zip(new.Learnables.Value, net.Learnables.Value, strict=True):
        np.testing.assert_array_equal(got.data, old.data - 1)


def test_tables_of_any_columns_are_containers():
    table = Table({"Name": ["a", "b"], "W": [dl.dlarray([3.0]), dl.dlarray([5.0])]})
    slopes = dl.dlfeval(lambda t: dl.dlgradient(t.W[0] * t.W[1], t), table)
    assert (slopes.Name, [value.item() for value in slopes.W]) == (["a", "b"], [5, 3])
    named = Table({"Value": [dl.dlarray([3.0])], "Other": [dl.dlarray([5.0])]})
    slopes = dl.dlfeval(lambda t: dl.dlgradient(t.Value[0] * 2, t), named)
    assert (slopes.Value[0].item(), slopes.Other[0].item()) == (2, 5)


def test_an_untraced_row_is_named():
    net = two_layers()
    text = r"dlgradient: variable 2\['first/Weights'\], of size 5×3, is not traced"
    with pytest.raises(dl.GradientError, match=text):
        dl.dlfeval(lambda x: dl.dlgradient(dl.sum(x, "all"), x, net.Learnables), X)
