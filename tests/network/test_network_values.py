"""`dlnetwork`: value semantics, state, arrays of a network, copies."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests.network.small_networks import assert_equal_predictions, ex1, only, small


class Counter(dl.Layer):
    """Counts its calls in a state."""

    Count = dl.State()

    def initialize(self, layout: dl.networkDataLayout) -> None:
        if self.Count is None:
            self.resetState()

    def resetState(self) -> None:
        self.Count = np.zeros((1, 1))

    def predict(self, X: dl.dlarray) -> Any:
        return X + self.Count.item(), self.Count + 1


# -- values


def test_network_keeps_copies_of_layers(X):
    layer: Any = dl.convolution1dLayer(3, 4, Padding="same")
    net = dl.dlnetwork([dl.sequenceInputLayer(3), layer])
    before = net.predict(X)
    layer.Stride, layer.Name = 2, "changed"
    assert layer.Weights is None and layer.Bias is None
    assert [each.Name for each in net.Layers] == ["sequenceinput", "conv1d"]
    assert np.array_equal(net.predict(X), before)


def test_layers_of_the_network_show_its_parameters_and_can_not_change_them(X):
    net = small()
    before = net.predict(X)
    layer: Any = net.Layers[1]
    assert layer.Weights is net.Learnables.Value[0]
    layer.Weights = np.zeros((3, 3, 4))
    layer.Stride = 2
    net.Layers.pop()
    assert np.array_equal(net.predict(X), before)


@pytest.mark.parametrize("name", ["Layers", "Initialized", "Connections", "InputNames"])
def test_other_properties_can_not_be_assigned(name):
    with pytest.raises(AttributeError, match=name):
        setattr(small(), name, [])


def test_table_of_learnables_can_be_assigned(X):
    net, other = small(), small()
    assert (net.predict(X) != other.predict(X)).any()
    net.Learnables = other.Learnables
    assert_equal_predictions(net, other, X)


def test_assigned_table_is_a_table_of_its_own(X):
    net, other = small(), small()
    net.Learnables = other.Learnables
    before = net.predict(X)
    other.Learnables.Value[0] = np.zeros((3, 3, 4), "f4")
    assert np.array_equal(net.predict(X), before)


def test_unset_table_can_be_assigned_back():
    net = small(Initialize=False)
    net.Learnables = net.Learnables
    assert net.Learnables.Value == [None, None]


def test_one_value_can_be_assigned(X):
    net = small()
    net.Learnables.Value[0] = np.zeros((3, 3, 4), "f4")
    net.Learnables.Value[1] = dl.dlarray(np.ones((1, 4), "f4"))
    assert (net.predict(X) == 1).all()
    layer: Any = net.Layers[1]
    assert (layer.Weights.data == 0).all()


def test_value_of_another_size_raises():
    net = small()
    with pytest.raises(
        dl.ShapeError, match=r"conv1d/Weights has size 3×3×4; got 3×4×3. A parameter keeps its size"
    ):
        net.Learnables.Value[0] = np.zeros((3, 4, 3))


@pytest.mark.parametrize("duplicate", ["pickle", "deepcopy", "assign"])
def test_copies_check_sizes_too(duplicate):
    net = small()
    if duplicate == "assign":
        net.Learnables = small().Learnables
    else:
        net = copy.deepcopy(net) if duplicate == "deepcopy" else pickle.loads(pickle.dumps(net))
    with pytest.raises(dl.ShapeError, match="A parameter keeps its size"):
        net.Learnables.Value[0] = np.zeros((1, 1))


def test_column_of_values_is_checked_too():
    table: Any = small().Learnables
    with pytest.raises(dl.ShapeError, match="A parameter keeps its size"):
        table.Value = [np.zeros((1, 1)), np.zeros((1, 1))]


def test_slice_of_values_is_checked_too():
    net = small()
    with pytest.raises(dl.ShapeError, match="A parameter keeps its size"):
        net.Learnables.Value[:] = [np.zeros((1, 1)), np.zeros((1, 1))]


@pytest.mark.parametrize("name", ["Learnables", "State"])
@pytest.mark.parametrize("other", [None, [], "other network"], ids=str)
def test_another_table_raises(name, other):
    net = dl.dlnetwork([dl.sequenceInputLayer(3), dl.fullyConnectedLayer(2), Counter()])
    table = getattr(small(), name) if other == "other network" else other
    with pytest.raises(
        ValueError,
        match=f"{name} must be a table with the same layers and parameters, as net.{name}",
    ):
        setattr(net, name, table)


def test_table_with_an_array_of_another_size_raises():
    net = small()
    longer = dl.convolution1dLayer(5, 4, Padding="same")
    other = dl.dlnetwork([dl.sequenceInputLayer(3), longer, dl.reluLayer()])
    with pytest.raises(dl.ShapeError, match="conv1d/Weights has size 3×3×4; got 5×3×4"):
        net.Learnables = other.Learnables


@pytest.mark.parametrize(
    "function", [dl.resetState, dl.initialize], ids=["resetState", "initialize"]
)
def test_a_changed_network_leaves_its_argument(function, X):
    net = small()
    before = net.predict(X)
    result = function(net)
    result.Learnables.Value[0] = np.zeros((3, 3, 4), "f4")
    assert np.array_equal(net.predict(X), before)


def test_methods_are_the_functions(X):
    net = dl.dlnetwork([dl.sequenceInputLayer(3), Counter()])
    assert np.array_equal(net.predict(X), dl.predict(net, X))
    assert np.array_equal(net.forward(X), dl.forward(net, X))
    assert net.resetState().State == dl.resetState(net).State
    assert net.initialize().Initialized


# -- state


def test_state_is_returned_and_not_applied(X):
    net = dl.dlnetwork([dl.sequenceInputLayer(3), Counter()])
    assert net.State.Parameter == ["Count"]
    Y, state = net.predict(X, nargout=2)
    assert np.array_equal(Y, X)
    assert (state.Value[0].item(), net.State.Value[0].item()) == (1, 0)
    net.State = state
    assert np.array_equal(net.predict(X), X + 1)


def test_reset_state_gives_a_network_without_memory(X):
    net = dl.dlnetwork([dl.sequenceInputLayer(3), Counter()])
    _, state = net.predict(X, nargout=2)
    net.State = state
    fresh = dl.resetState(net)
    assert (fresh.State.Value[0].item(), net.State.Value[0].item()) == (0, 1)


# -- as a container of arrays


def test_double_network_computes_in_double(rng):
    net = dl.dlupdate(dl.double, small())
    X = dl.dlarray(rng.standard_normal((3, 2, 7)), "CBT")
    assert {value.dtype.name for value in net.Learnables.Value} == {"float64"}
    assert net.predict(X).dtype == np.float64


def test_update_of_a_network_without_learnables_is_a_network():
    assert isinstance(dl.dlupdate(dl.double, only(dl.reluLayer())), dl.dlnetwork)


def test_gradient_of_a_network_is_a_table_of_its_rows(X):
    net = small()

    def loss(net, X):
        Y = net.forward(X)
        return dl.dlgradient(dl.sum(Y, "all"), net.Learnables)

    before = net.Learnables.replaced(net.Learnables.Value)
    table = dl.dlfeval(loss, net, dl.dlarray(X, "TCB"))
    assert table.Layer == net.Learnables.Layer
    assert [g.shape for g in table.Value] == [p.shape for p in net.Learnables.Value]
    assert net.Learnables == before


def test_unfitting_gradients_raise():
    with pytest.raises(
        ValueError, match=r"adamupdate: the tables differ.*conv1d/Weights.*has list"
    ):
        dl.adamupdate(small(), [1, 2], None, None, 1)
    with pytest.raises(ValueError, match=r"the other has \['fc/Weights', 'fc/Bias'\]"):
        other = dl.dlnetwork([dl.sequenceInputLayer(3), dl.fullyConnectedLayer(2)])
        dl.sgdmupdate(small(), other.Learnables, None)


# -- copies


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net)), copy.copy],
    ids=["deepcopy", "pickle", "copy"],
)
def test_copies_predict_the_same(duplicate, X):
    net = ex1()
    again = duplicate(net)
    assert_equal_predictions(again, net, X)
    assert repr(again) == repr(net)
    assert again.Learnables == net.Learnables


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))],
    ids=["deepcopy", "pickle"],
)
def test_copies_are_independent(duplicate, X):
    net = small()
    before = net.predict(X)
    again = duplicate(net)
    again.Learnables.Value[0] = np.zeros((3, 3, 4), "f4")
    assert np.array_equal(net.predict(X), before)


def test_uninitialized_network_can_be_pickled():
    net = pickle.loads(pickle.dumps(small(Initialize=False)))
    assert not net.Initialized
    assert net.initialize().Initialized


def test_spawned_worker_predicts_the_same(X):
    net = small()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        there = pool.apply(dl.predict, (net, X))
    assert np.array_equal(there, net.predict(X))
