"""The base class of layers: options, parameters, factors, ports, and what a network checks of a
user's layer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl


def at_most_five(call: str, name: str, value: Any) -> float:
    if value > 5:
        raise ValueError(f"{call}: {name} must be at most 5; got {value}.")
    return float(value)


class Scaled(dl.Layer, dl.Formattable):
    """One option of each kind, parameters of known and unknown size."""

    Limit = dl.Option(at_most_five, 2)
    Channels = dl.Option(at_most_five, read_only=True)
    Scale = dl.Learnable(LearnRateFactor=2, L2Factor=0.5, size=lambda layer: (layer.Channels, 1))
    Free = dl.Learnable()
    Seen = dl.State()
    ScaleLearnRateFactor = dl.Factor("Scale", "LearnRateFactor")

    def predict(self, X: dl.dlarray) -> Any:
        return X * self.Scale, self.Seen


class Broader(Scaled):
    """Declares more than its base class, and one thing anew."""

    Extra = dl.Learnable()
    Free = dl.Learnable(L2Factor=0)


class Given(dl.Layer):
    """Returns what the test gives it."""

    def __init__(self, result: Any, *, Name: str = "", **options: Any) -> None:
        super().__init__(Name=Name, **options)
        self.result = result

    def predict(self, *inputs: Any) -> Any:
        return self.result(*inputs)


class GivenFormatted(Given, dl.Formattable):
    """The same with labels."""


class Stateful(Given):
    """One state."""

    Count = dl.State()

    def initialize(self, layout: dl.networkDataLayout) -> None:
        self.Count = np.zeros((1, 1))


LAYOUT = dl.networkDataLayout((3, 2, 7), "CBT")


def network(layer: dl.Layer, layout: Any = LAYOUT) -> dl.dlnetwork:
    return dl.dlnetwork([layer], layout)


def scaled(channels: int = 3, cls: Any = Scaled) -> Any:
    layer = cls()
    layer.Channels = channels
    return layer


# -- options


def test_option_without_a_value_has_its_default():
    assert Scaled().Limit == 2


def test_option_without_a_default_raises_until_it_is_set():
    layer: Any = Scaled()
    with pytest.raises(AttributeError, match=r"Scaled\.Channels is not set"):
        layer.Channels  # noqa: B018


def test_option_is_checked_and_converted():
    layer: Any = Scaled(Name="a")
    layer.Limit = np.int64(4)
    assert type(layer.Limit) is float
    with pytest.raises(ValueError, match="scaled 'a': Limit must be at most 5; got 6"):
        layer.Limit = 6
    assert layer.Limit == 4


def test_read_only_option_is_set_once():
    layer = scaled()
    with pytest.raises(AttributeError, match=r"Scaled\.Channels is read-only: .*Make a new layer"):
        layer.Channels = 4


def test_layer_settles_its_own_read_only_options():
    layer = scaled()
    layer.settle(Channels=5)
    assert layer.Channels == 5


def test_descriptors_are_found_on_the_class_in_order_of_definition():
    assert [name for name, _ in Scaled.declared(dl.Option)] == ["Limit", "Channels"]
    assert [name for name, _ in Scaled.declared(dl.Learnable)] == ["Scale", "Free"]
    assert [name for name, _ in Scaled.declared(dl.State)] == ["Seen"]
    assert isinstance(Scaled.Limit, dl.Option)
    assert isinstance(Scaled.ScaleLearnRateFactor, dl.Factor)


def test_derived_layer_declares_after_its_base():
    assert [name for name, _ in Broader.declared(dl.Learnable)] == ["Scale", "Free", "Extra"]
    assert Broader().factor("Free", "L2Factor") == 0


# -- parameters


def test_parameter_is_none_until_it_is_set_and_can_be_unset():
    layer = scaled()
    assert layer.Scale is layer.Free is layer.Seen is None
    layer.Free = [1, 2]
    assert isinstance(layer.Free, dl.dlarray)
    layer.Free = None
    assert layer.Free is None


def test_parameter_keeps_its_own_type():
    layer = scaled()
    layer.Scale = np.ones((3, 1), "f4")
    assert layer.Scale.dtype == np.float32


def test_vector_fills_missing_dimensions():
    layer = scaled()
    layer.Scale = [1, 2, 3]
    assert layer.Scale.shape == (3, 1)


def test_parameter_of_another_size_raises():
    layer = scaled()
    with pytest.raises(dl.ShapeError, match="scaled: Scale must have size 3×1; got 4×1"):
        layer.Scale = np.ones((4, 1))


def test_parameter_copies_the_users_array():
    layer, values = scaled(), np.ones((3, 1))
    layer.Scale = values
    values[:] = 5
    assert (layer.Scale.data == 1).all()


# -- factors


def test_factors_come_from_the_declaration():
    layer = scaled()
    assert layer.factor("Scale", "LearnRateFactor") == layer.ScaleLearnRateFactor == 2
    assert layer.factor("Scale", "L2Factor") == 0.5
    assert layer.factor("Free", "LearnRateFactor") == layer.factor("Free", "L2Factor") == 1


def test_factor_is_set_by_name_or_by_parameter():
    layer = scaled()
    layer.ScaleLearnRateFactor = 0
    layer.setFactor("Free", "L2Factor", 3)
    assert layer.factor("Scale", "LearnRateFactor") == 0
    assert layer.factor("Free", "L2Factor") == 3


@pytest.mark.parametrize("value", [-1, "a", float("nan"), float("inf"), None, True], ids=str)
def test_factor_out_of_range_raises(value):
    with pytest.raises(ValueError, match="LearnRateFactor of Scale must be a number, at least 0"):
        scaled().ScaleLearnRateFactor = value


@pytest.mark.parametrize("call", ["factor", "setFactor"])
def test_factor_of_something_else_raises(call):
    value = () if call == "factor" else (1,)
    with pytest.raises(ValueError, match="Limit is no learnable parameter; there are Scale, Free"):
        getattr(scaled(), call)("Limit", "L2Factor", *value)
    with pytest.raises(ValueError, match="Weights is no learnable parameter; there are none"):
        getattr(Given(None), call)("Weights", "L2Factor", *value)


@pytest.mark.parametrize("call", ["factor", "setFactor"])
def test_unknown_kind_of_factor_raises(call):
    value = () if call == "factor" else (1,)
    with pytest.raises(ValueError, match=r"LearnRateFactor.*L2Factor"):
        getattr(scaled(), call)("Scale", "LearningRate", *value)


# -- the constructor


def test_layer_without_a_constructor():
    layer = Scaled()
    assert (layer.Name, layer.Description, layer.Type) == ("", "", "")
    assert (layer.InputNames, layer.OutputNames) == (["in"], ["out"])


@pytest.mark.parametrize(
    ("options", "inputs", "outputs"),
    [
        ({}, ["in"], ["out"]),
        ({"NumInputs": 2}, ["in1", "in2"], ["out"]),
        ({"NumOutputs": 3}, ["in"], ["out1", "out2", "out3"]),
        ({"InputNames": ["a", "b"]}, ["a", "b"], ["out"]),
        ({"OutputNames": ["hidden"]}, ["in"], ["hidden"]),
        ({"NumInputs": 0}, [], ["out"]),
    ],
    ids=str,
)
def test_names_of_ports(options, inputs, outputs):
    layer = Given(None, **options)
    assert (layer.InputNames, layer.OutputNames) == (inputs, outputs)
    assert (layer.NumInputs, layer.NumOutputs) == (len(inputs), len(outputs))


@pytest.mark.parametrize("name", ["NumInputs", "NumOutputs"])
@pytest.mark.parametrize("value", [-1, 1.5, "two"], ids=str)
def test_number_of_ports_is_checked(name, value):
    with pytest.raises((TypeError, ValueError), match=name):
        Given(None, **{name: value})


@pytest.mark.parametrize("name", ["InputNames", "OutputNames"])
@pytest.mark.parametrize("value", [["a", "a"], [1], "data", 3], ids=str)
def test_names_of_ports_are_checked(name, value):
    with pytest.raises((TypeError, ValueError), match=name):
        Given(None, **{name: value})


@pytest.mark.parametrize("name", [3, None, b"a"], ids=str)
def test_name_must_be_a_text(name):
    with pytest.raises(TypeError, match=f"Name must be a text; got {type(name).__name__}"):
        Scaled(Name=name)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("name", "Did you mean Name?"), ("NumInput", "Did you mean NumInputs?"), ("Xyz", "")],
)
def test_unknown_option_of_a_custom_layer_raises(name, hint):
    options: dict[str, Any] = {name: 1}
    with pytest.raises(TypeError, match=f"scaled: there is no option {name}. ?{hint}.*Options are"):
        Scaled(**options)


def test_layer_with_free_keywords_takes_them():
    class Open(dl.Layer):
        def __init__(self, **options: Any) -> None:
            super().__init__()
            self.options = options

    assert Open(Anything=1).options == {"Anything": 1}


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (dl.convolution1dLayer, "convolution1dLayer"),
        (dl.globalMaxPooling1dLayer, "globalMaxPooling1dLayer"),
        (dl.reluLayer, "reluLayer"),
        (dl.layerNormalizationLayer, "layerNormalizationLayer"),
    ],
)
def test_messages_name_the_function_that_users_call(cls, name):
    assert cls.constructor_name() == name


def test_subclasses_are_registered():
    known = list(dl.Layer.registry.values())
    assert GivenFormatted in known
    assert dl.Convolution1DLayer in known


def test_matlab_path_of_the_base_class():
    assert dl.nnet.layer.Layer is dl.Layer
    assert dl.nnet.layer.Formattable is dl.Formattable


def test_copy_shares_no_list():
    layer = scaled()
    again = layer.copy()
    again.InputNames.append("x")
    again.setFactor("Scale", "L2Factor", 9)
    assert layer.InputNames == ["in"]
    assert layer.factor("Scale", "L2Factor") == 0.5


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
    with pytest.raises(ValueError, match="scaled 's': initialize did not set Scale") as caught:
        network(layer)
    assert caught.value.__notes__ == ["in layer 's' (Scaled, 1 of 1), method initialize"]


def test_input_layer_without_a_layout_raises():
    with pytest.raises(ValueError, match="given 'layer': an input layer must tell its inputLayout"):
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

    with pytest.raises((TypeError, ValueError, NotImplementedError), match="backward"):
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
