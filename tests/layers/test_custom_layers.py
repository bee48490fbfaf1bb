"""What a network does with a user's layer, and what it checks of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests.layers.custom_layers import Given, GivenFormatted, Scaled, Stateful, network


def test_layer_without_predict_raises():
    class Empty(dl.Layer):
        pass

    with pytest.raises(TypeError, match=r"Empty has no predict method. Define predict\(self, X\)"):
        network(Empty())


# -- in a network


@pytest.mark.parametrize(
    ("fmt", "shape"),
    [
        ("CB", (3, 2)),
        ("SCB", (5, 3, 2)),
        ("SSCB", (5, 7, 3, 2)),
        ("CBT", (3, 2, 7)),
        ("SCBT", (5, 3, 2, 7)),
        ("CT", (3, 7)),
        ("SC", (5, 3)),
    ],
)
def test_layer_without_labels_gets_the_dimensions_in_order(fmt, shape, rng):
    seen: list[tuple[str, tuple[int, ...]]] = []

    def doubled(X):
        seen.append((X.fmt, X.shape))
        return X * 2

    x = rng.standard_normal(shape)
    Y = network(Given(doubled), dl.networkDataLayout(shape, fmt)).predict(dl.dlarray(x, fmt))
    assert set(seen) == {("", shape)}
    assert Y.fmt == fmt
    assert np.array_equal(Y.data, 2 * x)


def test_layer_without_labels_may_drop_the_time():
    net = network(Given(lambda X: dl.reshape(X[:, :, 0], 3, 2)))
    Y = net.predict(dl.dlarray(np.ones((3, 2, 7)), "CBT"))
    assert (Y.fmt, Y.shape) == ("CB", (3, 2))


def test_layer_without_labels_may_keep_one_time_step():
    Y = network(Given(lambda X: X[:, :, :1])).predict(dl.dlarray(np.ones((3, 2, 7)), "CBT"))
    assert (Y.fmt, Y.shape) == ("CBT", (3, 2, 1))


@pytest.mark.parametrize(
    ("shape", "fmt", "size"),
    [((5, 3, 2), "SCB", (5, 6)), ((5, 3, 2, 7), "SCBT", (5, 42)), ((3, 7), "CT", (3, 7, 1))],
    ids=["no time to drop", "two dropped", "one more"],
)
def test_layer_without_labels_that_changes_other_dimensions_raises(shape, fmt, size):
    layer = Given(lambda X: dl.reshape(X, *size))
    with pytest.raises(dl.ShapeError, match="must inherit from Formattable") as caught:
        network(layer, dl.networkDataLayout(shape, fmt))
    assert caught.value.__notes__ == ["in layer 'layer' (Given, 1 of 1), method propagate"]


def test_layer_with_labels_gets_and_gives_them():
    formats: list[str] = []

    def summed(X):
        formats.append(X.fmt)
        return dl.dlarray(dl.sum(X, "T").stripdims()[:, :, 0], "CB")

    Y = network(GivenFormatted(summed)).predict(dl.dlarray(np.ones((3, 2, 7)), "CBT"))
    assert set(formats) == {"CBT"}
    assert (Y.fmt, Y.data.tolist()) == ("CB", [[7, 7]] * 3)


def test_layer_with_labels_that_returns_none_raises():
    with pytest.raises(
        dl.FormatError, match=r"must return formatted dlarrays; got 3×2×7.*unformatted"
    ) as caught:
        network(GivenFormatted(lambda X: X.stripdims(), Name="mine"))
    assert caught.value.__notes__ == ["in layer 'mine' (GivenFormatted, 1 of 1), method propagate"]


@pytest.mark.parametrize("cls", [Given, GivenFormatted])
def test_output_that_is_no_dlarray_raises(cls):
    with pytest.raises(TypeError, match="outputs must be dlarrays; got ndarray"):
        network(cls(lambda X: X.extractdata()))


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (Given(lambda X: (X, X)), "1 outputs and 0 states; it returned 2 values"),
        (Given(lambda X: (X,), NumOutputs=2), "2 outputs and 0 states; it returned 1 values"),
        (Stateful(lambda X: X), "1 outputs and 1 states; it returned 1 values"),
        (Stateful(lambda X: (X, X, X)), "1 outputs and 1 states; it returned 3 values"),
    ],
)
def test_wrong_number_of_values_raises(layer, text):
    with pytest.raises(ValueError, match=f"propagate must return {text}") as caught:
        network(layer)
    assert "1 of 1" in caught.value.__notes__[0]


def test_learnable_that_initialize_leaves_unset_raises():
    layer: Any = Scaled(Name="s")
    layer.Channels = 3
    with pytest.raises(ValueError, match="Scaled 's': initialize did not set Scale") as caught:
        network(layer)
    assert caught.value.__notes__ == ["in layer 's' (Scaled, 1 of 1), method initialize"]


def test_input_layer_without_a_layout_raises():
    with pytest.raises(ValueError, match="Given 'layer': an input layer must tell its inputLayout"):
        dl.dlnetwork([Given(None, NumInputs=0)])


def test_error_of_a_layer_says_where_it_was():
    def failing(X):
        raise KeyError("mine")

    with pytest.raises(KeyError) as caught:
        dl.dlnetwork([dl.sequenceInputLayer(3), Given(failing, Name="mine")])
    assert caught.value.__notes__ == ["in layer 'mine' (Given, 2 of 2), method propagate"]


@pytest.mark.parametrize(
    "options", [{"InputNames": ["features"]}, {"OutputNames": ["scores"]}], ids=["input", "output"]
)
def test_renamed_port_is_connected_in_a_list(options):
    renamed = Given(lambda X: X, **options)
    net = dl.dlnetwork([dl.sequenceInputLayer(3), renamed, dl.reluLayer()])
    assert net.InputNames == ["sequenceinput"]
    assert net.OutputNames == ["relu"]


def test_backward_of_a_layer_is_not_ignored():
    class WithBackward(dl.Layer):
        def predict(self, X: dl.dlarray) -> dl.dlarray:
            return X

        def backward(self, X: Any, Y: Any, dLdY: Any, memory: Any) -> Any:
            return dLdY

    with pytest.raises(TypeError, match="a backward function of a layer is not available"):
        network(WithBackward())


def test_forward_is_used_in_training_only():
    class Both(dl.Layer):
        def predict(self, X: dl.dlarray) -> dl.dlarray:
            return X

        def forward(self, X: dl.dlarray) -> dl.dlarray:
            return -X

    net, X = network(Both()), dl.dlarray(np.ones((3, 2, 7)), "CBT")
    assert (net.predict(X).data == 1).all()
    assert (net.forward(X).data == -1).all()


def test_layer_can_not_change_the_network_through_itself():
    class Careless(dl.Layer):
        Scale = dl.Learnable()

        def initialize(self, layout: dl.networkDataLayout) -> None:
            self.Scale = np.ones((1, 1))

        def predict(self, X: dl.dlarray) -> dl.dlarray:
            self.Scale = self.Scale * 2
            return X * self.Scale.item()

    net, X = network(Careless()), dl.dlarray(np.ones((3, 2, 7)), "CBT")
    assert (net.predict(X).data == 2).all()
    assert (net.predict(X).data == 2).all()


def test_constructor_that_forgets_its_base_raises():
    class Forgetful(dl.Layer):
        def __init__(self) -> None:
            self.Name = ""

        def predict(self, X: dl.dlarray) -> dl.dlarray:
            return X

    with pytest.raises(AttributeError, match=r"Forgetful.*must call super\(\).__init__\(\)"):
        network(Forgetful())
