"""`dlnetwork`: tables, display, construction, initialization."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.network.graph import plan
from tests.network.small_networks import assert_equal_predictions, ex1, only, small

EX1_ROWS = [
    ("conv1d_1", "Weights", (5, 3, 32)),
    ("conv1d_1", "Bias", (1, 32)),
    ("layernorm_1", "Offset", (32, 1)),
    ("layernorm_1", "Scale", (32, 1)),
    ("conv1d_2", "Weights", (5, 32, 64)),
    ("conv1d_2", "Bias", (1, 64)),
    ("layernorm_2", "Offset", (64, 1)),
    ("layernorm_2", "Scale", (64, 1)),
    ("fc", "Weights", (4, 64)),
    ("fc", "Bias", (4, 1)),
]

REPR = """
  dlnetwork with properties:

         Layers: [10×1 Layer]
    Connections: [9×2 table]
     Learnables: [10×3 table]
          State: [0×3 table]
     InputNames: {'sequenceinput'}
    OutputNames: {'softmax'}
    Initialized: 1

  View summary with summary.
"""

SUMMARY = """\
   Initialized: true

   Number of learnables: 11.3k

   Inputs:
      1   'sequenceinput'   Sequence input with 3 dimensions
"""


class Summed(dl.Layer, dl.Formattable):
    """Two inputs, two outputs."""

    def __init__(self, *, Name: str = "") -> None:
        super().__init__(Name=Name, NumInputs=2, NumOutputs=2)

    def predict(self, A: dl.dlarray, B: dl.dlarray) -> Any:
        return A + B, A - B


# -- tables of the sequence classification example


def test_learnables_are_in_order_with_their_sizes():
    table = ex1().Learnables
    assert [(a, b, value.shape) for a, b, value in table.rows()] == EX1_ROWS
    assert sum(value.size for value in table.Value) == 11268
    assert {value.dtype.name for value in table.Value} == {"float32"}


def test_state_is_empty_without_stateful_layers():
    table = ex1().State
    assert (len(table), table.Properties) == (0, ["Layer", "Parameter", "Value"])


def test_connections_follow_the_list():
    table = small().Connections
    assert table.Properties == ["Source", "Destination"]
    assert list(zip(table.Source, table.Destination, strict=True)) == [
        ("sequenceinput", "conv1d"),
        ("conv1d", "relu"),
    ]


def test_repr():
    assert repr(ex1()) == REPR


def test_summary(capsys):
    dl.summary(ex1())
    ex1().summary()
    assert capsys.readouterr().out == SUMMARY * 2


@pytest.mark.parametrize(
    ("outputs", "text"), [(333, "999"), (334, "1.0k"), (5000, "15.0k"), (400_000, "1.2M")]
)
def test_summary_counts_with_a_suffix(outputs, text, capsys):
    layer = dl.fullyConnectedLayer(outputs, WeightsInitializer="zeros")
    dl.summary(dl.dlnetwork([layer], dl.networkDataLayout((2, 1), "CB")))
    assert f"Number of learnables: {text}\n" in capsys.readouterr().out


def test_summary_of_an_uninitialized_network(capsys):
    dl.summary(only(dl.convolution1dLayer(3, 4)))
    assert capsys.readouterr().out == (
        "   Initialized: false\n\n   Number of learnables: 0\n\n   Inputs:\n"
        "      1   'conv1d'   data for the layer's input\n"
    )


# -- construction


def test_network_with_an_input_layer_is_initialized():
    assert small().Initialized


def test_initialize_false_leaves_parameters_unset():
    net = small(Initialize=False)
    assert not net.Initialized
    assert net.Learnables.Value == [None, None]
    assert net.initialize().Initialized


def test_network_without_an_input_layer_waits_for_sizes():
    net = only(dl.convolution1dLayer(3, 4))
    assert not net.Initialized
    with pytest.raises(ValueError, match=r"not initialized.*Call initialize.net, X. or trainnet"):
        net.predict(dl.dlarray(np.ones((3, 2, 7)), "CBT"))


def test_one_layer_needs_no_list():
    assert len(dl.dlnetwork(dl.sequenceInputLayer(3)).Layers) == 1


def test_empty_network():
    net = dl.dlnetwork()
    assert (len(net.Layers), len(net.Learnables), net.Initialized) == (0, 0, False)
    assert net.InputNames == net.OutputNames == []


def test_empty_network_does_not_predict():
    with pytest.raises(ValueError, match="network"):
        dl.dlnetwork().predict()


@pytest.mark.parametrize(
    ("layers", "text"),
    [
        ([dl.reluLayer(), 3], "dlnetwork: element 2 of the layers is int, not a layer"),
        ([dl.reluLayer], "element 1 of the layers is type, not a layer"),
    ],
)
def test_something_else_than_layers_raises(layers, text):
    with pytest.raises(TypeError, match=text):
        dl.dlnetwork(layers)


def test_something_else_than_a_list_raises():
    value: Any = 5
    with pytest.raises(TypeError, match="dlnetwork"):
        dl.dlnetwork(value)


def test_layers_of_several_ports_can_not_stand_in_a_list():
    with pytest.raises(
        ValueError, match="one output and one input; 'relu' has 1 outputs and 'layer' 2 inputs"
    ):
        dl.dlnetwork([dl.reluLayer(), Summed()])


@pytest.mark.parametrize(
    ("name", "closest"), [("Initialise", "Initialize"), ("initialize", "Initialize")]
)
def test_unknown_option_names_the_closest(name, closest):
    options: dict[str, Any] = {name: False}
    with pytest.raises(TypeError, match=rf"{name}.*Did you mean '?{closest}"):
        dl.dlnetwork([dl.reluLayer()], **options)


def test_connections_in_a_circle_raise():
    layers = [dl.reluLayer(Name="a"), dl.reluLayer(Name="b")]
    with pytest.raises(ValueError, match="dlnetwork: the connections run in a circle through 'a'"):
        plan(layers, [("a", "b"), ("b", "a/in")])


def test_initialize_is_called_once_a_layer_with_the_layout():
    seen: list[dl.networkDataLayout] = []

    class Noting(dl.Layer):
        def initialize(self, layout: dl.networkDataLayout) -> None:
            seen.append(layout)

        def predict(self, X: dl.dlarray) -> dl.dlarray:
            return X

    dl.dlnetwork([dl.sequenceInputLayer(3, MinLength=5), Noting()])
    (layout,) = seen
    assert (layout.Format, layout.sizeof("C"), layout.sizeof("T")) == ("CBT", 3, 5)


# -- initialize


@pytest.mark.parametrize("source", ["layout", "dlarray", "constructor"])
def test_sizes_come_from_data_or_a_layout(source):
    layer = dl.convolution1dLayer(3, 4)
    example: Any = dl.networkDataLayout((3, 2, 7), "CBT")
    if source == "dlarray":
        example = dl.dlarray(np.zeros((7, 3, 2)), "TCB")
    net = dl.dlnetwork([layer], example) if source == "constructor" else only(layer)
    net = net if source == "constructor" else dl.initialize(net, example)
    assert [value.shape for value in net.Learnables.Value] == [(3, 3, 4), (1, 4)]


@pytest.mark.parametrize("sizes", [(3, None, None), (3, float("nan"), 20), (3, 2, None)], ids=str)
def test_batch_and_time_may_be_unknown(sizes):
    net = dl.initialize(only(dl.convolution1dLayer(11, 4)), dl.networkDataLayout(sizes, "CBT"))
    assert net.Initialized
    assert net.predict(dl.dlarray(np.ones((3, 5, 20)), "CBT")).shape == (4, 5, 10)


def test_channels_must_be_known():
    with pytest.raises(ValueError, match=r"the C size must be known; the layout is .*\?\(C\)"):
        dl.initialize(only(dl.convolution1dLayer(3, 4)), dl.networkDataLayout((None, 2, 7), "CBT"))


def test_initialize_keeps_values_and_leaves_its_argument():
    net = only(dl.convolution1dLayer(3, 4))
    value = np.arange(36, dtype="f4").reshape(3, 3, 4)
    net.Learnables.Value[0] = value
    result = dl.initialize(net, dl.networkDataLayout((3, 2, 7), "CBT"))
    assert np.array_equal(result.Learnables.Value[0].data, value)
    assert result.Learnables.Value[1] is not None
    assert net.Learnables.Value[1] is None


def test_second_initialization_changes_nothing(X):
    net = small()
    assert_equal_predictions(dl.initialize(net), net, X)


def test_initialize_without_sizes_raises():
    with pytest.raises(ValueError, match=r"input 'conv1d' has no input layer.*begin the network"):
        dl.initialize(only(dl.convolution1dLayer(3, 4)))


@pytest.mark.parametrize(
    "value", [np.ones((3, 2)), dl.dlarray([1.0]), 3], ids=lambda v: str(type(v))
)
def test_initialize_from_unlabelled_data_raises(value):
    with pytest.raises(TypeError, match="an example input is a formatted dlarray or a network"):
        dl.initialize(only(dl.reluLayer()), value)


def test_number_of_example_inputs_is_checked():
    layout = dl.networkDataLayout((3, 2), "CB")
    with pytest.raises(ValueError, match=r"network has 2 inputs.*got 3 example inputs"):
        dl.initialize(only(Summed()), layout, layout, layout)


def test_several_inputs_are_in_the_order_of_their_names():
    net = only(Summed(Name="sum"))
    assert net.InputNames == ["sum/in1", "sum/in2"]
    assert net.OutputNames == ["sum/out1", "sum/out2"]
    net = dl.initialize(net, *[dl.networkDataLayout((3, 2), "CB")] * 2)
    A, B = dl.dlarray(np.full((3, 2), 5.0), "CB"), dl.dlarray(np.full((3, 2), 2.0), "CB")
    both = net.predict(A, B, nargout=2)
    assert [Y.data[0, 0] for Y in both] == [7, 3]
