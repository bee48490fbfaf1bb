"""Parameters of built-in layers: kinds of values, labels, and sizes against the data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests.layers.convolutions import conv, first, network, transposed


def fc(**options: Any) -> Any:
    return dl.fullyConnectedLayer(4, **options)


def norm(**options: Any) -> Any:
    return dl.layerNormalizationLayer(**options)


def filters(**options: Any) -> Any:
    return conv(3, 4, **options)


def upsampling(**options: Any) -> Any:
    return transposed(3, 4, **options)


SIZES: list[tuple[Any, str, tuple[int, ...]]] = [
    (filters, "Weights", (3, 5, 4)),
    (filters, "Bias", (1, 4)),
    (upsampling, "Weights", (3, 4, 5)),
    (upsampling, "Bias", (1, 4)),
    (fc, "Weights", (4, 5)),
    (fc, "Bias", (4, 1)),
    (norm, "Offset", (5, 1)),
    (norm, "Scale", (5, 1)),
]
EVERY = pytest.mark.parametrize(
    ("make", "name", "size"), SIZES, ids=[f"{make.__name__} {name}" for make, name, _ in SIZES]
)
WEIGHTS = [case for case in SIZES if case[1] == "Weights"]
CHANNEL = [case for case in SIZES if case[1] != "Weights"]  # one number a channel or filter


# -- values


@EVERY
@pytest.mark.parametrize("labelled", [False, True], ids=["array", "dlarray"])
@pytest.mark.parametrize("kind", [bool, complex])
def test_values_are_real_numbers(make, name, size, kind, labelled):
    value: Any = np.ones(size, kind)
    value = dl.dlarray(value) if labelled else value
    word = {bool: "logical", complex: "complex"}[kind]
    text = rf"Layer: {name} must be single or double; got {'×'.join(map(str, size))} {word}\."
    with pytest.raises(TypeError, match=text):
        make(**{name: value})
    layer = make()
    with pytest.raises(TypeError, match=text):
        setattr(layer, name, value)
    assert getattr(layer, name) is None


@EVERY
def test_whole_numbers_become_double(make, name, size):
    assert getattr(make(**{name: np.ones(size, int)}), name).dtype == np.float64


def test_a_learnable_of_a_user_is_no_logical_value_and_may_be_complex():
    class phaseLayer(dl.Layer):
        Phase = dl.Learnable()
        Seen = dl.State()

    layer: Any = phaseLayer()
    layer.Phase, layer.Seen = np.ones((2, 1), complex), np.ones((2, 1), bool)
    assert (layer.Phase.dtype, layer.Seen.dtype) == (complex, bool)
    with pytest.raises(TypeError, match=r"phaseLayer: Phase must be .*; got 2×1 logical\. Con"):
        layer.Phase = np.ones((2, 1), bool)


@EVERY
@pytest.mark.parametrize("empty", [[], (), np.array([]), np.zeros((0, 0))], ids=repr)
def test_empty_is_none(make, name, size, empty):
    layer = make(**{name: empty})
    assert getattr(layer, name) is None
    setattr(layer, name, np.ones(size))
    setattr(layer, name, empty)
    assert getattr(layer, name) is None
    assert getattr(first(network(layer, (5, 2, 9), "CBT")), name).shape == size


@pytest.mark.parametrize("name", ["Mean", "StandardDeviation", "Min", "Max"])
def test_empty_statistics_are_none(name):
    options: dict[str, Any] = {name: []}
    layer: Any = dl.sequenceInputLayer(3, **options)
    assert getattr(layer, name) is None


# -- labels


@pytest.mark.parametrize(("make", "name", "size"), WEIGHTS)
def test_weights_have_no_labels(make, name, size):
    value = dl.dlarray(np.ones(size), "SCB"[: len(size)])
    got = r" × ".join(rf"{n}\({label}\)" for n, label in zip(size, "SCB", strict=False))
    text = rf"Layer: Weights must be unformatted, of size [4?3×]+; got {got}\. Use stripdims"
    with pytest.raises(dl.FormatError, match=text):
        make(Weights=value)


@pytest.mark.parametrize(("make", "name", "size"), CHANNEL)
@pytest.mark.parametrize("fmt", ["B", "T", "U", "S"])
def test_numbers_of_channels_have_the_label_c_or_none(make, name, size, fmt):
    text = rf"Layer: {name} must be unformatted, or have the label C alone; got \d\({fmt}\).*Use st"
    with pytest.raises(dl.FormatError, match=text):
        make(**{name: dl.dlarray(np.ones(max(size)), fmt)})
    wide = dl.dlarray(np.ones((1, max(size))), f"{fmt}C" if fmt == "S" else f"C{fmt}")
    with pytest.raises(dl.FormatError, match=f"Layer: {name} must be unformatted, or have the "):
        make(**{name: wide})


@pytest.mark.parametrize(("make", "name", "size"), CHANNEL)
def test_labelled_numbers_of_channels_are_stored_as_others(make, name, size, rng):
    values = rng.standard_normal(max(size))
    layer = make(**{name: dl.dlarray(values, "C")})
    stored = getattr(layer, name)
    assert (stored.fmt, stored.shape) == ("", size)
    assert np.array_equal(stored.data.ravel(), values)
    assert not getattr(first(network(layer, (5, 2, 9), "CBT")), name).fmt


def test_labels_of_a_parameter_are_not_dropped():
    class biasLayer(dl.Layer):
        Bias = dl.Learnable(size=lambda layer: (3, 1))

    layer: Any = biasLayer()
    layer.Bias = dl.dlarray(np.ones((3, 1)), "CU")
    assert layer.Bias.fmt == "CU"
    with pytest.raises(dl.ShapeError, match=r"Bias must have size 3×1; got 1\(S\) × 3\(C\)"):
        layer.Bias = dl.dlarray(np.ones((1, 3)), "SC")


# -- sizes against the data


@pytest.mark.parametrize(
    ("layer", "rule"),
    [
        (conv(3, 4, Weights=np.ones((3, 2, 4))), "'conv1d': Weights must have size 3×5×4; got 3×2"),
        (
            transposed(3, 4, Weights=np.ones((3, 4, 2))),
            "'transposed-conv1d': Weights must have size 3×4×5; got 3×4×2",
        ),
        (fc(Weights=np.ones((4, 2))), "'fc': Weights must have size 4×5; got 4×2"),
        (norm(Scale=np.ones(3)), "'layernorm': Scale must have size 5×1; got 3×1"),
        (norm(Offset=np.ones(3)), "'layernorm': Offset must have size 5×1; got 3×1"),
    ],
    ids=["conv", "transposed", "fc", "scale", "offset"],
)
@pytest.mark.parametrize("given", [True, False], ids=["layout", "input layer"])
def test_parameters_of_other_channels_than_the_data_raise(layer, rule, given):
    steps = "2.B. × 9.T." if given else "1.B. × 9.T."
    text = rf"Layer {rule}.*\. The data are 5.C. × {steps}; give .*None"
    with pytest.raises(dl.ShapeError, match=text):
        if given:
            network(layer, (5, 2, 9), "CBT")
        else:
            dl.dlnetwork([dl.sequenceInputLayer(5, MinLength=9), layer])
