"""Layers that a network runs as one: `fuseWith`."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests.network.small_networks import ex1


class Separate(dl.reluLayer):
    """A ReLU of its own class: nothing fuses with it."""


class Scale(dl.Layer, dl.Formattable):
    """Multiplies; does the shift after it too, and keeps count of its calls."""

    Factor = dl.Learnable()
    Calls = dl.State()
    Shift = 0.0

    def __init__(self, *, Name: str = "", wrong: Any = None) -> None:
        super().__init__(Name=Name)
        self.wrong = wrong

    def initialize(self, layout: dl.networkDataLayout) -> None:
        if self.Factor is None:
            self.Factor, self.Calls = np.full((1, 1), 3.0), np.zeros((1, 1))

    def fuseWith(self, next: dl.Layer) -> dl.Layer | None:
        if self.wrong is not None:
            return self.wrong
        if not isinstance(next, Shift):
            return None
        self.Shift += next.amount  # on a copy of the layer in the network
        return self

    def predict(self, X: dl.dlarray) -> Any:
        return X * self.Factor.stripdims().item() + self.Shift, self.Calls + 1


class Shift(dl.Layer, dl.Formattable):
    """Adds; fails where it is told to."""

    ran = 0

    def __init__(self, amount: float, *, Name: str = "") -> None:
        super().__init__(Name=Name)
        self.amount = amount

    def predict(self, X: dl.dlarray) -> dl.dlarray:
        Shift.ran += 1
        return X + self.amount


@pytest.fixture
def relu_calls(monkeypatch):
    """The number of calls of ReLU layers on their own, as a list of one."""
    calls = [0]
    predict = dl.reluLayer.predict

    def counted(self, X):
        calls[0] += 1
        return predict(self, X)

    monkeypatch.setattr(dl.reluLayer, "predict", counted)
    return calls


def networks(rng, dtype="f4", **options):
    """The same network with layers that fuse and with layers that do not."""
    weights = [rng.standard_normal(shape).astype(dtype) for shape in ((3, 3, 5), (3, 5, 4))]
    biases = [rng.standard_normal((1, n)).astype(dtype) for n in (5, 4)]

    def made(relu):
        return dl.dlnetwork(
            [
                dl.sequenceInputLayer(3),
                dl.convolution1dLayer(
                    3, 5, Padding="same", Weights=weights[0], Bias=biases[0], Name="a"
                ),
                relu(Name="ra"),
                dl.convolution1dLayer(
                    3, 4, Padding="causal", Weights=weights[1], Bias=biases[1], Name="b"
                ),
                relu(Name="rb"),
            ],
            **options,
        )

    return made(dl.reluLayer), made(Separate)


@pytest.mark.parametrize("method", ["predict", "forward"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_convolution_and_relu_run_as_one_with_the_same_bits(method, dtype, rng, relu_calls):
    net, apart = networks(rng, dtype)
    x = rng.standard_normal((3, 2, 11)).astype(dtype)
    x[0, 0, 5] = np.nan
    x[1, 1, 2] = -np.inf
    X = dl.dlarray(x, "CBT")
    relu_calls[0] = 0
    got = getattr(net, method)(X)
    assert relu_calls == [0]
    want = getattr(apart, method)(X)
    assert relu_calls == [2]
    assert got.fmt == want.fmt
    assert got.dtype == want.dtype == dtype
    assert got.data.tobytes() == want.data.tobytes()
    assert np.isnan(got.data).any() and (got.data == 0).any()


def test_gradients_have_the_same_bits(rng):
    net, apart = networks(rng)
    X = dl.dlarray(rng.standard_normal((3, 2, 11)).astype("f4"), "CBT")

    def slopes(net, X):
        loss = dl.sum(dl.forward(net, X) ** 2, "all")
        return dl.dlgradient(loss, [net.Learnables, X])

    (table, dx), (other, dx_apart) = dl.dlfeval(slopes, net, X), dl.dlfeval(slopes, apart, X)
    assert dx.data.tobytes() == dx_apart.data.tobytes()
    for one, two in zip(table.Value, other.Value, strict=True):
        assert one.data.tobytes() == two.data.tobytes()


def test_an_output_asked_for_by_name_is_not_hidden(rng, relu_calls):
    net, apart = networks(rng)
    X = dl.dlarray(rng.standard_normal((3, 2, 11)).astype("f4"), "CBT")
    relu_calls[0] = 0
    got = net.predict(X, Outputs=["a", "rb"], nargout=2)
    assert relu_calls == [1]  # of the other pair, which runs as one
    want = apart.predict(X, Outputs=["a", "rb"], nargout=2)
    for one, other in zip(got, want, strict=True):
        assert np.array_equal(one.data, other.data)
    assert (got[0].data < 0).any()
    relu_calls[0] = 0
    net.predict(X)
    assert relu_calls == [0]


def test_an_output_with_two_readers_is_not_hidden(rng, relu_calls):
    layers = [
        dl.convolution1dLayer(3, 4, Name="c"),
        dl.reluLayer(Name="r"),
        dl.softmaxLayer(Name="s"),
    ]
    net = dl.dlnetwork(layers, Initialize=False)
    net.connect([("c", "r"), ("c", "s")])
    net = dl.initialize(net, dl.networkDataLayout([3, 2, 7], "CBT"))
    X = dl.dlarray(rng.standard_normal((3, 2, 7)).astype("f4"), "CBT")
    relu_calls[0] = 0
    positive, _ = net.predict(X, nargout=2)
    assert relu_calls == [1]
    assert np.array_equal(positive.data, dl.relu(net.predict(X, Outputs="c")).data)


def test_nothing_shows_the_layers_that_run_as_one(rng, tmp_path):
    net, _ = networks(rng)
    x = rng.standard_normal((11, 3, 2)).astype("f4")
    listing, summary = repr(net.Layers), repr(net)
    y = net.predict(x)
    assert (repr(net.Layers), repr(net)) == (listing, summary)
    assert [layer.Name for layer in net.Layers] == ["sequenceinput", "a", "ra", "b", "rb"]
    assert [row[:2] for row in net.Learnables.rows()] == [
        ("a", "Weights"), ("a", "Bias"), ("b", "Weights"), ("b", "Bias"),
    ]  # fmt: skip
    assert not any("_rectified" in vars(layer) for layer in net.Layers)
    file = tmp_path / "net.safetensors"
    dl.saveNetwork(net, file)
    assert b"_rectified" not in file.read_bytes()
    for other in (dl.loadNetwork(file), copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert np.array_equal(other.predict(x), y)


def test_parameters_that_change_reach_the_layers_that_run_as_one(rng):
    net, apart = networks(rng)
    x = rng.standard_normal((11, 3, 2)).astype("f4")
    net.predict(x)
    for each in (net, apart):
        each.Learnables.Value[0] = each.Learnables.Value[0] * 2
    assert np.array_equal(net.predict(x), apart.predict(x))


def test_errors_are_those_of_the_layers_one_by_one():
    layers = [dl.convolution1dLayer(3, 4, Name="c"), dl.reluLayer()]
    net = dl.dlnetwork(layers, dl.networkDataLayout([3, 2, 9], "CBT"))
    with pytest.raises(dl.ShapeError, match="input channels differ") as caught:
        net.predict(dl.dlarray(np.ones((4, 2, 9)), "CBT"))
    assert caught.value.__context__ is None
    assert caught.value.__notes__ == ["in layer 'c' (Convolution1DLayer, 1 of 2), method predict"]


def test_training_is_that_of_the_layers_one_by_one():
    X, T = dl.datasets.waveform(12)
    options = dl.trainingOptions("adam", MaxEpochs=2, MiniBatchSize=6, Verbose=False)
    found = []
    for relu in (dl.reluLayer, Separate):
        dl.rng(1)
        head = [dl.globalAveragePooling1dLayer(), dl.fullyConnectedLayer(4), dl.softmaxLayer()]
        layers = [
            dl.sequenceInputLayer(3),
            dl.convolution1dLayer(5, 8, Padding="same"),
            relu(),
            *head,
        ]
        net = dl.trainnet(X, T, layers, "crossentropy", options)
        found.append(net.Learnables.Value)
    for one, other in zip(*found, strict=True):
        assert one.data.tobytes() == other.data.tobytes()


def test_the_turns_are_made_once_for_a_set_of_outputs(monkeypatch):
    net = ex1()
    asked = []
    fuse = dl.convolution1dLayer.fuseWith

    def noted(self, next):
        asked.append(type(next).__name__)
        return fuse(self, next)

    monkeypatch.setattr(dl.convolution1dLayer, "fuseWith", noted)
    x = np.ones((9, 3, 1), "f4")
    for _ in range(3):
        net.predict(x)
        net = net.with_learnables(net.Learnables)  # as an update gives it
    assert asked.count("ReLULayer") == 2


# -- a user's own layers


def shifted(*layers: dl.Layer) -> dl.dlnetwork:
    return dl.dlnetwork(list(layers), dl.networkDataLayout([3, 2], "CB"))


def test_a_layer_of_the_user_can_fuse_with_several_after_it():
    net = shifted(Scale(Name="s"), Shift(1.0), Shift(0.5), dl.reluLayer())
    X = dl.dlarray(np.ones((3, 2)), "CB")
    Shift.ran = 0
    Y, state = net.predict(X, nargout=2)
    assert Shift.ran == 0
    assert (Y.data == 4.5).all()
    assert [row[:2] for row in state.rows()] == [("s", "Calls")]
    assert state.Value[0].item() == 1
    assert vars(net.Layers[0]).get("Shift") is None
    assert (net.predict(X, Outputs="s").data == 3).all()


def test_a_layer_with_parameters_is_not_offered():
    net = shifted(Scale(), Scale(wrong="unused"), Shift(1.0, Name="last"))
    with pytest.raises(TypeError, match=r"Scale 'layer_2': fuseWith must return a layer, or None"):
        net.predict(dl.dlarray(np.ones((3, 2)), "CB"))


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        (3, TypeError, "fuseWith must return a layer, or None; got int"),
        (Shift(1.0), ValueError, r"the states \['Calls'\]; it has 1, 1 and \[\]"),
    ],
    ids=["no layer", "no states"],
)
def test_what_can_not_stand_for_two_layers_is_an_error(wrong, error, text):
    net = shifted(Scale(Name="s", wrong=wrong), Shift(1.0))
    with pytest.raises(error, match=f"Scale 's': .*{text}") as caught:
        net.predict(dl.dlarray(np.ones((3, 2)), "CB"))
    assert caught.value.__notes__ == ["in layer 's' (Scale, 1 of 2), method fuseWith"]


class Broken(Shift):
    """Fails alone, or in the place of two layers."""

    def __init__(self, fails: str, *, Name: str = "") -> None:
        super().__init__(0.0, Name=Name)
        self.fails, self.fused = fails, False

    def fuseWith(self, next: dl.Layer) -> dl.Layer | None:
        self.fused = True
        return self

    def predict(self, X: dl.dlarray) -> dl.dlarray:
        if X.size and X.data.max() > 0 and (self.fused if self.fails == "fused" else True):
            raise RuntimeError("does not work")
        return X


@pytest.mark.parametrize(
    ("fails", "note"),
    [
        ("always", "in layer 'b' (Broken, 1 of 2), method predict"),
        ("fused", "in layers [1, 2] run as one, which run without error one by one"),
    ],
)
def test_errors_of_fused_layers_of_the_user(fails, note):
    net = shifted(Broken(fails, Name="b"), Shift(1.0))
    with pytest.raises(RuntimeError, match="does not work") as caught:
        net.predict(dl.dlarray(np.ones((3, 2)), "CB"))
    assert caught.value.__notes__[-1] == note
