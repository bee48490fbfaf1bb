"""The base class of layers: options, parameters, factors, ports, names."""

from __future__ import annotations

import inspect
import types
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests.layers.custom_layers import Broader, Given, GivenFormatted, Scaled, scaled

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
    with pytest.raises(ValueError, match="Scaled 'a': Limit must be at most 5; got 6"):
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
    with pytest.raises(dl.ShapeError, match="Scaled: Scale must have size 3×1; got 4×1"):
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
    with pytest.raises(ValueError, match=f"Given: {name} must be an integer, at least 0"):
        Given(None, **{name: value})


@pytest.mark.parametrize("name", ["InputNames", "OutputNames"])
@pytest.mark.parametrize("value", [["a", "a"], [1], "data", 3], ids=str)
def test_names_of_ports_are_checked(name, value):
    with pytest.raises(ValueError, match=f"Given: {name} must be a list of different texts"):
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
    with pytest.raises(TypeError, match=f"Scaled: there is no option {name}. ?{hint}.*Options are"):
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


@pytest.mark.parametrize("base", [dl.Layer, dl.ReLULayer, dl.TransposedConvolution1DLayer])
def test_messages_name_a_class_of_the_user_as_it_is_written(base):
    made: Any = types.new_class("Own1DLayer", (base,), {"registered": False})
    made.__module__ = __name__
    assert made.constructor_name() == "Own1DLayer"


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


def test_the_reference_shows_the_options_of_a_constructor():
    """Sphinx shows those of `__new__` where a class has one."""
    assert dl.Layer.__new__ is object.__new__
    shown = str(inspect.signature(dl.maxPooling1dLayer))
    assert shown.startswith("(poolSize: 'int', *, Padding: 'Any' = 0, Stride")


def test_every_property_of_a_constructor_is_documented():
    for cls in (dl.convolution1dLayer, dl.transposedConv1dLayer, dl.averagePooling1dLayer):
        text = str(cls.__doc__)
        for name in [*inspect.signature(cls).parameters, *dict(cls.declared(dl.Option))]:
            assert name == "Name" or name in text, (cls, name)
