"""Properties of built-in layers: what can be set, and what a name that is none is answered with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests.layers.convolutions import conv, transposed

BUILT_IN: list[Any] = [
    lambda: dl.sequenceInputLayer(3),
    lambda: conv(3, 4),
    lambda: transposed(3, 4),
    lambda: dl.maxPooling1dLayer(2),
    lambda: dl.averagePooling1dLayer(2),
    dl.globalMaxPooling1dLayer,
    dl.globalAveragePooling1dLayer,
    lambda: dl.fullyConnectedLayer(3),
    dl.layerNormalizationLayer,
    dl.dropoutLayer,
    dl.reluLayer,
    dl.softmaxLayer,
]
EVERY = pytest.mark.parametrize("make", BUILT_IN, ids=lambda make: make().constructor_name())


def test_every_layer_of_the_package_is_tried():
    tried = {type(make()) for make in BUILT_IN}
    known = {cls for cls in dl.Layer.registry.values() if cls.__module__.startswith("dlarray.")}
    assert {cls for cls in known if ".layers." in cls.__module__} == tried


# -- names that are no properties


@EVERY
@pytest.mark.parametrize("name", ["Padded", "stride", "_own"])
def test_a_name_that_is_no_property_raises(make, name):
    layer = make()
    text = f"{type(layer).__name__} has no property {name}.*Properties that can be set are .*Name"
    with pytest.raises(AttributeError, match=text):
        setattr(layer, name, 2)
    assert not hasattr(layer, name)


@EVERY
def test_a_method_is_no_property(make):
    with pytest.raises(AttributeError, match="has no property predict"):
        make().predict = None


@pytest.mark.parametrize(
    ("layer", "name", "hint"),
    [
        (conv(3, 4), "stride", r"Did you mean Stride\?"),
        (conv(3, 4), "WeightsLearnRateFactor", r"Did you mean WeightLearnRateFactor\?"),
        (conv(3, 4), "Dilation", r"Did you mean DilationFactor\?"),
        (conv(3, 4), "Padding", "Set PaddingSize, or make a new layer with Padding"),
        (conv(3, 4), "Cropping", "Set PaddingSize, or make a new layer with Padding"),
        (transposed(3, 4), "Cropping", "Set CroppingSize, or make a new layer with Cropping"),
        (transposed(3, 4), "Padding", "Set CroppingSize, or make a new layer with Cropping"),
        (dl.maxPooling1dLayer(3), "Padding", "Set PaddingSize, or make a new layer with Padding"),
        (dl.averagePooling1dLayer(3), "Padding", "Set PaddingSize, or make a new layer with P"),
        (dl.dropoutLayer(), "probability", r"Did you mean Probability\?"),
    ],
    ids=lambda value: getattr(value, "default_name", value),
)
def test_the_message_says_what_was_meant(layer, name, hint):
    text = rf"^{layer.constructor_name()}: {type(layer).__name__} has no property {name}\b.*{hint}"
    with pytest.raises(AttributeError, match=text):
        setattr(layer, name, 2)


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (transposed(3, 4), "DilationFactor"),
        (dl.maxPooling1dLayer(2), "PaddingValue"),
        (dl.reluLayer(), "Slope"),
    ],
    ids=lambda value: getattr(value, "default_name", value),
)
def test_a_property_of_other_layers_raises(layer, name):
    with pytest.raises(AttributeError, match=f"has no property {name}. (Did.*)?Properties that"):
        setattr(layer, name, "mean")


def test_a_class_made_of_a_built_in_layer_has_attributes_of_its_own():
    class Counting(dl.Convolution1DLayer):
        def __init__(self) -> None:
            super().__init__(3, 4)
            self.calls = 0

    layer = Counting()
    layer.calls += 1
    assert layer.calls == 1
    with pytest.raises(AttributeError, match="Set PaddingSize, or make a new layer with Padding"):
        layer.Padding = "same"


def test_a_layer_of_a_user_may_be_closed():
    class closedLayer(dl.Layer, closed=True):
        Limit = dl.Option(lambda call, name, value: value, 2)

    layer: Any = closedLayer()
    layer.Limit = 3
    assert layer.Limit == 3
    text = r"^closedLayer: closedLayer has no property limit\. Did you mean Limit\? Properties that"
    with pytest.raises(AttributeError, match=text):
        layer.limit = 3


def test_a_layer_of_a_user_is_open():
    class openLayer(dl.Layer):
        pass

    layer: Any = openLayer()
    layer.anything = 3
    assert layer.anything == 3


# -- properties that are there


@EVERY
@pytest.mark.parametrize("name", ["Name", "Description"])
def test_texts_are_checked_when_they_are_set(make, name):
    layer = make()
    setattr(layer, name, "a")
    assert getattr(layer, name) == "a"
    for value in (3, None, b"a"):
        text = f"'?: {name} must be a text; got {type(value).__name__}"
        with pytest.raises(TypeError, match=text):
            setattr(layer, name, value)
    assert getattr(layer, name) == "a"


def test_description_is_checked_by_the_constructor():
    options: dict[str, Any] = {"Description": 3}
    with pytest.raises(TypeError, match=r"^layer: Description must be a text; got int\."):
        dl.Layer(**options)


def test_a_name_asked_for_before_the_constructor_raises():
    class Early(dl.Layer):
        def __init__(self) -> None:
            self.before = self.Name

    with pytest.raises(AttributeError, match=r"Early\.Name is not set: .* must call super\(\)"):
        Early()


@EVERY
@pytest.mark.parametrize(
    ("name", "value"),
    [("NumInputs", 2), ("NumOutputs", 2), ("InputNames", ["a", "b"]), ("OutputNames", ["a", "b"])],
)
def test_ports_are_read_only(make, name, value):
    layer = make()
    text = f"{type(layer).__name__}.{name} is read-only: it is set when the layer is made"
    with pytest.raises(AttributeError, match=text):
        setattr(layer, name, value)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda value: conv(3, 4, NumChannels=value), "NumChannels"),
        (lambda value: transposed(3, 4, NumChannels=value), "NumChannels"),
    ],
    ids=["conv", "transposed"],
)
@pytest.mark.parametrize("value", [None, 0, 2.5, "all", [3]], ids=str)
def test_a_number_or_auto(make, name, value):
    with pytest.raises(ValueError) as caught:
        make(value)
    assert f": {name} must be 'auto' or a positive integer; got {value!r}." in str(caught.value)


# -- the samples of "same" padding follow what decides them

SAME: Any = pytest.mark.parametrize(
    "make",
    [
        lambda **options: conv(4, 2, **options),
        lambda **options: dl.maxPooling1dLayer(4, **options),
        lambda **options: dl.averagePooling1dLayer(4, **options),
    ],
    ids=["conv", "max", "average"],
)


def built(layer: dl.Layer, shape: tuple[int, ...], fmt: str) -> Any:
    return dl.dlnetwork([layer], dl.networkDataLayout(shape, fmt)).Layers[0]


@SAME
def test_same_padding_follows_the_stride(make):
    """What MATLAB shows is not confirmed."""
    layer = built(make(Padding="same"), (9, 3, 2), "SCB")
    assert layer.PaddingSize == (1, 2)
    layer.Stride = 3
    assert (layer.PaddingMode, layer.PaddingSize) == ("same", (0, 1))
    assert built(layer, (8, 3, 2), "SCB").PaddingSize == (1, 1)
    assert built(layer, (3, 2, 9), "CBT").PaddingSize is None


def test_same_padding_follows_the_dilation():
    layer = built(conv(4, 2, Padding="same"), (9, 3, 2), "SCB")
    layer.DilationFactor = 3
    assert layer.PaddingSize == (4, 5)


@SAME
def test_same_padding_is_read_from_a_file(make, tmp_path):
    net = dl.dlnetwork([make(Padding="same")], dl.networkDataLayout((9, 3, 2), "SCB"))
    dl.saveNetwork(net, tmp_path / "net.safetensors")
    again: Any = dl.loadNetwork(tmp_path / "net.safetensors").Layers[0]
    assert again.PaddingSize == (1, 2)
    again.Stride = 3
    assert again.PaddingSize == (0, 1)


@pytest.mark.parametrize("make", [dl.maxPooling1dLayer, dl.averagePooling1dLayer])
def test_padding_beyond_the_pool_size_names_the_option(make):
    advice = "Pad less, or make a layer with a larger poolSize"
    text = rf"Padding must be at most the pool size, 3; got \(1, 4\). {advice}"
    with pytest.raises(ValueError, match=f"Pooling1dLayer: {text}"):
        make(3, Padding=[1, 4])
    layer = make(3)
    with pytest.raises(ValueError, match=f"Pooling1dLayer: {text.replace('ng m', 'ngSize m')}"):
        layer.PaddingSize = np.array([1, 4])
