"""Custom layers in a network's file: their parameters, properties and functions."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings

import dlarray as dl
from dlarray.io.encoding import LostFunction, UnknownLayer
from tests.io.network_files import JSON_VALUES, assert_same_network, assert_same_value, round_trip


class heldLayer(dl.Layer):
    """Holds a value and hands its input on."""

    def __init__(self, value=None, *, Name=""):
        super().__init__(Name=Name)
        self.value = value

    def predict(self, X):
        return X


class scaleLayer(dl.Layer, dl.Formattable):
    """A factor for each channel, and a count of calls."""

    Scale = dl.Learnable()
    Count = dl.State()

    def __init__(self, *, Name=""):
        super().__init__(Name=Name)
        self.Count = np.zeros((1, 1), np.float32)

    def initialize(self, layout):
        if self.Scale is None:
            self.Scale = np.full((layout.sizeof("C"), 1), 1.5, np.float32)

    def predict(self, X):
        return X * self.Scale, self.Count + 1


def holding(value):
    return dl.dlnetwork([heldLayer(value, Name="holder")])


def test_custom_layer_with_learnables_and_state(tmp_path):
    net = dl.dlnetwork([dl.sequenceInputLayer(2), scaleLayer()])
    X = dl.dlarray(np.ones((2, 3, 4), "f4"), "CBT")
    _, net.State = net.predict(X, nargout=2)
    got = round_trip(net, tmp_path)
    assert_same_network(got, net)
    assert got.State.Value[0].item() == 1
    Y, state = got.predict(X, nargout=2)
    assert Y.data[0, 0, 0] == 1.5
    assert state.Value[0].item() == 2


VALUES = {
    "none": None,
    "logical": True,
    "text": "größe\n\0",
    "int": -(2**80),
    "float": 0.1,
    "nan": float("nan"),
    "inf": float("-inf"),
    "tuple": (1, (2.5, "x"), ()),
    "list": [1, [None, []]],
    "dict": {"a": 1, "": {"b": (1,)}, "$array": "x"},
    "marker": {"$tuple": [1]},
    "array": np.arange(6.0).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "strided": np.arange(12.0).reshape(3, 4)[::2, ::-1],
    "single": np.ones(3, np.float32),
    "half": np.ones(3, np.float16),
    "bytes": np.arange(3, dtype=np.uint8),
    "wide": np.array([2**62, -1]),
    "mask": np.array([True, False]),
    "no-element": np.zeros((0, 3)),
    "scalar": np.array(5.0),
    "big-endian": np.arange(3, dtype=">f4"),
    "arrays": [np.ones(2), {"x": (np.zeros(1),)}],
    "slashes": {"a": {"b": np.ones(2)}, "a/b": np.zeros(2)},
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_values_of_properties(value, tmp_path):
    got = round_trip(holding(value), tmp_path)
    assert_same_value(got.Layers[0].value, value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(np.float64(0.1), 0.1), (np.int8(3), 3), (np.bool_(True), True), (np.str_("x"), "x")],
    ids=["float64", "int8", "bool", "str"],
)
def test_numpy_scalars_become_numbers(value, expected, tmp_path):
    assert_same_value(round_trip(holding(value), tmp_path).Layers[0].value, expected)


@given(value=JSON_VALUES)
@settings(deadline=None)
def test_any_nested_value_travels(value, tmp_path_factory):
    got = round_trip(holding(value), tmp_path_factory.getbasetemp())
    assert_same_value(got.Layers[0].value, value)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({1, 2}, "set"),
        (b"x", "bytes"),
        (1j, "complex"),
        ({1: 2}, "a dict whose keys are not all text"),
        (np.array(["x"]), "an array of type <U1"),
        (np.array([None]), "an array of type object"),
        (np.ones(1, np.complex64), "an array of type complex64"),
        ([1, {"x": {2}}], "set"),
        (object(), "object"),
    ],
    ids=[
        "set",
        "bytes",
        "complex",
        "int-keys",
        "text-array",
        "object-array",
        "complex-array",
        "inside",
        "object",
    ],
)
def test_values_that_a_file_can_not_hold(value, kind, path):
    path.write_bytes(b"old")
    with pytest.raises(
        TypeError, match=f"saveNetwork: heldLayer 'holder': value is {kind}, which a file can't"
    ):
        dl.saveNetwork(holding(value), path)
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.skipif(np.longdouble is np.float64, reason="long double is double here")
def test_extended_precision_is_refused_by_name(path):
    with pytest.raises(TypeError, match="saveNetwork: heldLayer 'holder': value"):
        dl.saveNetwork(holding(np.ones(2, np.longdouble)), path)


def test_functions_come_back_by_name_and_raise_when_used(tmp_path):
    def ramp(size):
        return np.arange(np.prod(size), dtype="f4").reshape(size)

    net = dl.dlnetwork(
        [dl.sequenceInputLayer(2), dl.fullyConnectedLayer(3, WeightsInitializer=ramp)]
    )
    got = round_trip(net, tmp_path)
    X = np.ones((4, 2), "f4")
    np.testing.assert_array_equal(got.predict(X), net.predict(X))
    lost = got.Layers[1].WeightsInitializer
    assert isinstance(lost, LostFunction)
    with pytest.raises(TypeError, match="The function 'ramp' was not stored in the network's file"):
        lost((3, 2))
    again = round_trip(got, tmp_path)
    assert again.Layers[1].WeightsInitializer.__name__ == "ramp"


def test_lost_function_of_an_uninitialized_layer_raises_at_initialize(tmp_path):
    layers = [dl.sequenceInputLayer(2), dl.fullyConnectedLayer(3, WeightsInitializer=np.ones)]
    got = round_trip(dl.dlnetwork(layers, Initialize=False), tmp_path)
    with pytest.raises(TypeError, match="'ones' was not stored"):
        got.initialize()


def test_lost_normalization_raises_until_it_is_set_again(tmp_path):
    def half(X):
        return X * 0.5

    net = dl.dlnetwork([dl.sequenceInputLayer(2, Normalization=half)])
    got = round_trip(net, tmp_path)
    X = np.ones((4, 2), "f4")
    with pytest.raises(TypeError, match="'half' was not stored"):
        got.predict(X)
    layers = got.Layers
    layers[0].Normalization = half
    np.testing.assert_array_equal(got.with_layers(layers).predict(X), net.predict(X))


def test_unknown_class_loads_and_raises_on_use(path, monkeypatch):
    net = dl.dlnetwork([dl.sequenceInputLayer(2), scaleLayer(Name="mine"), dl.reluLayer()])
    dl.saveNetwork(net, path)
    monkeypatch.delitem(dl.Layer.registry, (__name__, "scaleLayer"))
    got = dl.loadNetwork(path)
    assert isinstance(got.Layers[1], UnknownLayer)
    assert [layer.Name for layer in got.Layers] == ["sequenceinput", "mine", "relu"]
    assert got.Learnables == net.Learnables
    with pytest.raises(TypeError, match="Layer 'mine' is of class scaleLayer, which is not"):
        got.predict(dl.dlarray(np.ones((2, 1, 3), "f4"), "CBT"))
    repr(got.Layers)
    got.summary()


def test_unknown_class_survives_saving_again(tmp_path, monkeypatch):
    net = dl.dlnetwork([dl.sequenceInputLayer(2), scaleLayer(Name="mine"), heldLayer(np.ones(3))])
    first, second = tmp_path / "1", tmp_path / "2"
    dl.saveNetwork(net, first)
    with monkeypatch.context() as missing:
        missing.delitem(dl.Layer.registry, (__name__, "scaleLayer"))
        missing.delitem(dl.Layer.registry, (__name__, "heldLayer"))
        dl.saveNetwork(dl.loadNetwork(first), second)
    assert_same_network(dl.loadNetwork(second), net)


def test_a_class_of_the_user_does_not_replace_a_built_in_one(path, monkeypatch):
    monkeypatch.setattr(dl.Layer, "registry", dict(dl.Layer.registry))
    dl.saveNetwork(dl.dlnetwork([dl.sequenceInputLayer(2), dl.reluLayer()]), path)

    class ReLULayer(dl.Layer):
        def predict(self, X):
            return X

    assert type(dl.loadNetwork(path).Layers[1]) is dl.ReLULayer
