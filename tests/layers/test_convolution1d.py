"""`convolution1dLayer`: properties, formats, initialization, golden numbers, errors, display."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES
from tests import naive

X8 = np.array([3, 1, 4, 1, 5, 9, 2, 6], float)

DISPLAY = """
  Convolution1DLayer with properties:

              Name: ''

   Hyperparameters
        FilterSize: 11
       NumChannels: 'auto'
        NumFilters: 96
            Stride: 1
    DilationFactor: 1
       PaddingMode: 'manual'
       PaddingSize: [0 0]
      PaddingValue: 0

   Learnable Parameters
           Weights: []
              Bias: []

  Show all properties
"""

DISPLAY_IN_NETWORK = """
  Convolution1DLayer with properties:

              Name: 'conv1d'

   Hyperparameters
        FilterSize: 5
       NumChannels: 3
        NumFilters: 7
            Stride: 2
    DilationFactor: 3
       PaddingMode: 'causal'
       PaddingSize: [12 0]
      PaddingValue: 'replicate'

   Learnable Parameters
           Weights: [5×3×7 single]
              Bias: [1×7 single]

  Show all properties
"""


def conv(*arguments: Any, **options: Any) -> Any:
    return dl.convolution1dLayer(*arguments, **options)


def network(layer: dl.Layer, shape: tuple[int | None, ...], fmt: str) -> dl.dlnetwork:
    return dl.dlnetwork([layer], dl.networkDataLayout(shape, fmt))


def first(net: dl.dlnetwork) -> Any:
    return net.Layers[0]


# -- properties


def test_defaults():
    layer = conv(11, 96)
    got = {
        name: getattr(layer, name)
        for name in (
            "FilterSize NumFilters Stride DilationFactor PaddingSize PaddingMode PaddingValue "
            "NumChannels WeightsInitializer BiasInitializer Weights Bias WeightLearnRateFactor "
            "BiasLearnRateFactor WeightL2Factor BiasL2Factor Name NumInputs InputNames NumOutputs "
            "OutputNames"
        ).split()
    }
    assert got == {
        "FilterSize": 11,
        "NumFilters": 96,
        "Stride": 1,
        "DilationFactor": 1,
        "PaddingSize": (0, 0),
        "PaddingMode": "manual",
        "PaddingValue": 0,
        "NumChannels": "auto",
        "WeightsInitializer": "glorot",
        "BiasInitializer": "zeros",
        "Weights": None,
        "Bias": None,
        "WeightLearnRateFactor": 1,
        "BiasLearnRateFactor": 1,
        "WeightL2Factor": 1,
        "BiasL2Factor": 0,
        "Name": "",
        "NumInputs": 1,
        "InputNames": ["in"],
        "NumOutputs": 1,
        "OutputNames": ["out"],
    }


@pytest.mark.parametrize(
    ("padding", "mode", "size"),
    [
        (0, "manual", (0, 0)),
        (2, "manual", (2, 2)),
        (3.0, "manual", (3, 3)),
        ([2, 1], "manual", (2, 1)),
        ((0, 4), "manual", (0, 4)),
        (np.array([[1], [2]]), "manual", (1, 2)),
        ("same", "same", None),
        ("CAUSAL", "causal", (8, 0)),
    ],
    ids=str,
)
def test_padding_sets_mode_and_size(padding, mode, size):
    layer = conv(3, 2, DilationFactor=4, Padding=padding)
    assert (layer.PaddingMode, layer.PaddingSize) == (mode, size)


def test_setting_the_padding_size_makes_it_manual():
    layer = conv(3, 2, Padding="same")
    layer.PaddingSize = [1, 2]
    assert (layer.PaddingMode, layer.PaddingSize) == ("manual", (1, 2))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FilterSize", 4),
        ("NumFilters", 4),
        ("NumChannels", 4),
        ("PaddingMode", "same"),
        ("PaddingValue", 1),
    ],
)
def test_read_only_properties_raise(name, value):
    layer = conv(3, 2)
    with pytest.raises(AttributeError, match=rf"Convolution1DLayer.{name} is read-only.*new layer"):
        setattr(layer, name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("NumInputs", 2), ("NumOutputs", 2), ("InputNames", ["a", "b"]), ("OutputNames", ["a", "b"])],
)
def test_ports_of_a_built_in_layer_are_read_only(name, value):
    with pytest.raises(AttributeError):
        setattr(conv(3, 2), name, value)


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("Stride", np.int64(2), 2),
        ("DilationFactor", 3.0, 3),
        ("WeightsInitializer", "HE", "he"),
        ("BiasInitializer", "Narrow-Normal", "narrow-normal"),
        ("WeightLearnRateFactor", 0, 0),
        ("BiasL2Factor", 2.5, 2.5),
        ("Name", "a", "a"),
    ],
)
def test_other_properties_can_be_set_and_are_normalized(name, value, stored):
    layer = conv(3, 2)
    setattr(layer, name, value)
    assert getattr(layer, name) == stored


def test_padding_value_is_stored_in_its_documented_spelling():
    assert conv(3, 2, PaddingValue="Replicate").PaddingValue == "replicate"
    assert conv(3, 2, PaddingValue=7).PaddingValue == 7


def test_factors_of_one_layer_do_not_reach_another():
    layer, other = conv(3, 2), conv(3, 2)
    layer.WeightLearnRateFactor = 3
    copied = layer.copy()
    copied.WeightLearnRateFactor = 5
    factors = [each.WeightLearnRateFactor for each in (layer, other, copied)]
    assert factors == [3, 1, 5]


def test_factors_by_parameter_are_those_by_name():
    layer = conv(3, 2, BiasLearnRateFactor=4)
    layer.setFactor("Bias", "L2Factor", 0.5)
    assert layer.factor("Bias", "LearnRateFactor") == 4
    assert layer.BiasL2Factor == 0.5


def test_weights_without_a_filter_axis_are_one_filter():
    assert conv(3, 1, Weights=np.ones((3, 2))).Weights.shape == (3, 2, 1)


@pytest.mark.parametrize("shape", [(4,), (4, 1), (1, 4)], ids=str)
def test_bias_needs_one_element_a_filter(shape):
    assert conv(3, 4, Bias=np.arange(4.0).reshape(shape)).Bias.shape == (1, 4)


# -- formats and values


@pytest.mark.parametrize(
    ("fmt", "shape", "swap"),
    [
        ("CBT", (3, 2, 7), (1, 2, 0)),
        ("SCB", (7, 3, 2), (2, 0, 1)),
        ("CT", (3, 7), None),
        ("SC", (7, 3), None),
    ],
)
def test_values_of_one_sequence_axis_match_the_definition(fmt, shape, swap, rng):
    x = rng.standard_normal(shape).astype("f4")
    w, b = rng.standard_normal((3, 3, 5)).astype("f4"), rng.standard_normal((1, 5)).astype("f4")
    layer = conv(3, 5, Weights=w, Bias=b, Stride=2, DilationFactor=2, Padding=[3, 1])
    got = network(layer, shape, fmt).predict(dl.dlarray(x, fmt))
    if swap is None:
        batched = (x if fmt == "SC" else x.T)[np.newaxis]
    else:
        batched = x.transpose(swap)
    want = naive.conv1d(batched, w, b, stride=2, dilation=2, left=3, right=1)
    back = want.transpose(np.argsort(swap)) if swap else (want[0] if fmt == "SC" else want[0].T)
    assert got.fmt == fmt
    np.testing.assert_allclose(got.data, back, rtol=0, atol=30 * TOLERANCES[np.float32])


@pytest.mark.parametrize(("fmt", "shape"), [("SCBT", (7, 3, 2, 5)), ("SCT", (7, 3, 5))])
def test_time_steps_of_images_are_independent(fmt, shape, rng):
    x = rng.standard_normal(shape)
    net = network(conv(3, 4), shape, fmt)
    got = net.predict(dl.dlarray(x, fmt))
    each = [net.predict(dl.dlarray(x[..., t], fmt[:-1])).data for t in range(5)]
    assert np.array_equal(got.data, np.stack(each, axis=-1))


@pytest.mark.parametrize("fmt", ["BT", "SB", "SBT"])
def test_data_without_channels_have_one(fmt, rng):
    shape = {"BT": (2, 7), "SB": (7, 2), "SBT": (7, 2, 5)}[fmt]
    x = rng.standard_normal(shape)
    net = network(conv(3, 4), shape, fmt)
    labelled = dl.dlarray(np.expand_dims(x, fmt.index("B")), fmt.replace("B", "CB"))
    got, want = net.predict(dl.dlarray(x, fmt)), net.predict(labelled)
    assert first(net).NumChannels == 1
    assert got.fmt == want.fmt == fmt.replace("B", "CB")
    assert np.array_equal(got.data, want.data)


@pytest.mark.parametrize(
    ("fmt", "shape", "text"),
    [
        ("CB", (3, 2), '"CB" data have no S or T dimension.*label it S, for example.*"SBC"'),
        ("CU", (3, 2), "with labels S or T, C and B"),
        ("SSCB", (5, 5, 3, 2), 'must be sequences or 1-D images.*got "SSCB"'),
        ("CTU", (3, 7, 2), 'labels S or T, C and B; got "CTU"'),
    ],
)
def test_formats_without_one_axis_to_convolve_raise(fmt, shape, text):
    with pytest.raises(dl.FormatError, match=text) as caught:
        network(conv(3, 2), shape, fmt)
    assert "layer 'conv1d' (Convolution1DLayer, 1 of 1), method initialize" in str(
        caught.value.__notes__
    )


# -- golden numbers of section 30


def output(x: Any, weights: Any, bias: float = 0.0, **options: Any) -> np.ndarray:
    weights = np.reshape(weights, (-1, 1, 1))
    layer = conv(len(weights), 1, Weights=weights, Bias=[[bias]], **options)
    net = network(layer, (1, 1, len(x)), "CBT")
    return net.predict(dl.dlarray(np.reshape(x, (1, 1, -1)), "CBT")).data.ravel()


@pytest.mark.parametrize(
    ("padding", "stride", "dilation", "expected"),
    [
        (0, 1, 1, "1.5 8.5 1.5 2.5 21.5 7.5"),
        (0, 2, 1, "1.5 1.5 21.5"),
        (0, 1, 2, "6.5 -5.5 12.5 13.5"),
        (0, 2, 2, "6.5 12.5"),
        ("same", 1, 1, "5.5 1.5 8.5 1.5 2.5 21.5 7.5 14.5"),
        ("same", 2, 1, "1.5 1.5 21.5 14.5"),
        ("same", 3, 1, "1.5 2.5 14.5"),
        ("same", 4, 1, "1.5 21.5"),
        ("same", 1, 2, "2.5 1.5 6.5 -5.5 12.5 13.5 9.5 21.5"),
        ("same", 2, 2, "1.5 -5.5 13.5 21.5"),
        ("causal", 1, 1, "-2.5 5.5 1.5 8.5 1.5 2.5 21.5 7.5"),
        ("causal", 2, 1, "-2.5 1.5 1.5 21.5"),
        ("causal", 1, 2, "-2.5 -0.5 2.5 1.5 6.5 -5.5 12.5 13.5"),
        ("causal", 2, 3, "-2.5 -3.5 -2.5 3.5"),
        ([2, 1], 1, 1, "-2.5 5.5 1.5 8.5 1.5 2.5 21.5 7.5 14.5"),
    ],
)
def test_golden_values(padding, stride, dilation, expected):
    got = output(X8, [1, 2, -1], 0.5, Padding=padding, Stride=stride, DilationFactor=dilation)
    np.testing.assert_allclose(got, np.array(expected.split(), float), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, "18.5 12.5 1.5 8.5 1.5 2.5 21.5 7.5 7.5 13.5"),
        ("symmetric-include-edge", "4.5 8.5 1.5 8.5 1.5 2.5 21.5 7.5 8.5 16.5"),
        ("symmetric-exclude-edge", "3.5 6.5 1.5 8.5 1.5 2.5 21.5 7.5 12.5 1.5"),
        ("replicate", "6.5 8.5 1.5 8.5 1.5 2.5 21.5 7.5 8.5 12.5"),
    ],
)
def test_golden_values_of_padding(value, expected):
    got = output(X8, [1, 2, -1], 0.5, Padding=2, PaddingValue=value)
    np.testing.assert_allclose(got, np.array(expected.split(), float), rtol=0, atol=1e-12)


@pytest.mark.parametrize("mode", ["same", "causal"])
@pytest.mark.parametrize("value", [7, *naive.PAD_MODES])
def test_padding_values_apply_in_every_mode(mode, value):
    left, right = {"same": (1, 1), "causal": (2, 0)}[mode]
    got = output(X8, [1, 2, -1], Padding=mode, PaddingValue=value)
    weights = np.reshape([1, 2, -1], (3, 1, 1))
    want = naive.conv1d(X8.reshape(1, -1, 1), weights, left=left, right=right, value=value)
    np.testing.assert_allclose(got, want.ravel(), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("weights", "stride", "expected"),
    [
        ([1, 2], 1, "5 9 6 11 23 13 14 6"),
        ([1, 2, 3, 4], 1, "25 21 32 57 46 53 31 14"),
        ([1, 2, 3, 4], 2, "25 32 46 31"),
    ],
)
def test_same_padding_of_even_filters(weights, stride, expected):
    got = output(X8, weights, Padding="same", Stride=stride)
    np.testing.assert_allclose(got, np.array(expected.split(), float), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("length", "size", "stride", "dilation", "split"),
    [
        (7, 3, 2, 1, (1, 1)),
        (9, 2, 3, 1, (0, 0)),
        (10, 5, 3, 1, (2, 2)),
        (5, 1, 2, 1, (0, 0)),
        (10, 3, 2, 3, (2, 3)),
        (8, 4, 1, 1, (1, 2)),
    ],
)
def test_same_padding_puts_the_odd_sample_at_the_end(length, size, stride, dilation, split):
    layer = conv(size, 1, Stride=stride, DilationFactor=dilation, Padding="same")
    net = network(layer, (length, 1, 2), "SCB")
    assert first(net).PaddingSize == split
    assert net.predict(dl.dlarray(np.ones((length, 1, 2)), "SCB")).shape[0] == -(-length // stride)


def test_two_channels_and_three_filters():
    x = dl.dlarray([[1, 2, 3, 4], [0, -1, 1, 2]], "CT")
    weights = np.arange(1.0, 13).reshape((2, 2, 3), order="F")
    net = network(conv(2, 3, Weights=weights, Bias=[[10, 20, 30]]), (2, 4), "CT")
    assert net.predict(x).data.tolist() == [[11, 19, 32], [29, 49, 82], [47, 79, 132]]


def test_causal_output_ignores_the_future(rng):
    net = network(conv(3, 4, DilationFactor=2, Padding="causal"), (2, 1, 20), "CBT")
    x = rng.standard_normal((2, 1, 20)).astype("f4")
    changed = x.copy()
    changed[:, :, 11:] += 1
    one, other = (net.predict(dl.dlarray(v, "CBT")).data for v in (x, changed))
    assert np.array_equal(one[:, :, :11], other[:, :, :11])
    assert (one[:, :, 11:] != other[:, :, 11:]).all()


@pytest.mark.torch
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 3)])
def test_agrees_with_torch(stride, dilation, rng):
    torch = pytest.importorskip("torch")
    module = torch.nn.Conv1d(3, 5, 4, stride=stride, dilation=dilation)
    w, b = (p.detach().numpy() for p in (module.weight, module.bias))
    layer = conv(
        4, 5, Weights=w.transpose(2, 1, 0), Bias=b[None], Stride=stride, DilationFactor=dilation
    )
    x = rng.standard_normal((3, 2, 17)).astype("f4")
    got = network(layer, (3, 2, 17), "CBT").predict(dl.dlarray(x, "CBT")).data
    want = module(torch.from_numpy(x.transpose(1, 0, 2).copy())).detach().numpy()
    np.testing.assert_allclose(
        got.transpose(1, 0, 2), want, rtol=0, atol=10 * TOLERANCES[np.float32]
    )


# -- initialization


def initialized(**options: Any) -> Any:
    return first(network(conv(50, 100, **options), (20, 1, 50), "CBT"))


def test_glorot_is_uniform_within_its_bound():
    w = initialized().Weights
    bound = math.sqrt(6 / (50 * 20 + 50 * 100))
    assert w.shape == (50, 20, 100)
    assert w.dtype == np.float32
    assert np.abs(w.data).max() <= np.float32(bound)
    assert np.abs(w.data).max() > 0.999 * bound
    assert w.data.mean() == pytest.approx(0, abs=0.01 * bound)
    assert w.data.var() == pytest.approx(bound**2 / 3, rel=0.02)


@pytest.mark.parametrize(
    ("name", "deviation"), [("he", math.sqrt(2 / (50 * 20))), ("narrow-normal", 0.01)]
)
def test_normal_initializers_have_their_deviation(name, deviation):
    w = initialized(WeightsInitializer=name).Weights.data
    assert w.dtype == np.float32
    assert w.mean() == pytest.approx(0, abs=0.02 * deviation)
    assert w.std() == pytest.approx(deviation, rel=0.02)
    assert np.abs(w).max() > 3.5 * deviation


@pytest.mark.parametrize(("name", "value"), [("zeros", 0), ("ones", 1)])
def test_constant_initializers(name, value):
    layer = initialized(WeightsInitializer=name, BiasInitializer=name)
    assert (layer.Weights.data == value).all()
    assert (layer.Bias.data == value).all()
    assert layer.Bias.shape == (1, 100)


def test_bias_starts_at_zero():
    assert (initialized().Bias.data == 0).all()


def test_narrow_normal_bias():
    assert 0.005 < initialized(BiasInitializer="narrow-normal").Bias.data.std() < 0.015


def test_initializer_function_gets_the_size_and_its_result_is_single():
    seen: list[tuple[int, ...]] = []

    def half(size):
        seen.append(size)
        return np.full(size, 0.5)

    layer = initialized(WeightsInitializer=half, BiasInitializer=half)
    assert seen == [(50, 20, 100), (1, 100)]
    assert layer.Weights.dtype == np.float32
    assert (layer.Weights.data == 0.5).all()


def test_initializer_function_of_another_size_raises():
    with pytest.raises(
        ValueError, match=r"initializer of Weights must return an array of size \(50, 20, 100\)"
    ):
        initialized(WeightsInitializer=lambda size: np.zeros(3))


def test_seed_decides_the_weights():
    dl.rng(3)
    one = initialized().Weights.data
    again = initialized().Weights.data
    dl.rng(3)
    assert np.array_equal(initialized().Weights.data, one)
    assert not np.array_equal(one, again)


# -- errors


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((0, 2), {}, "FilterSize must be a positive integer; got 0"),
        ((1.5, 2), {}, "FilterSize must be a positive integer; got 1.5"),
        (("3", 2), {}, "FilterSize must be a positive integer; got '3'"),
        ((True, 2), {}, "FilterSize must be a positive integer; got True"),
        ((3, -1), {}, "NumFilters must be a positive integer; got -1"),
        ((3, math.nan), {}, "NumFilters must be a positive integer; got nan"),
        ((3, 2), {"Stride": 0}, "Stride must be a positive integer; got 0"),
        ((3, 2), {"DilationFactor": 2.5}, "DilationFactor must be a positive integer; got 2.5"),
        ((3, 2), {"Padding": -1}, "Padding must be an integer, at least 0; got -1"),
        ((3, 2), {"Padding": 0.5}, "Padding must be an integer, at least 0; got 0.5"),
        ((3, 2), {"Padding": [1, 2, 3]}, r'"same", "causal", a number or two numbers .*\[1, 2, 3'),
        ((3, 2), {"Padding": [[1], [2, 3]]}, r"Padding must be an integer, at least 0; got \[1"),
        ((3, 2), {"Padding": "valid"}, 'Padding must be one of "same", "causal", or a number'),
        ((3, 2), {"PaddingValue": "edge"}, 'PaddingValue must be one of "symmetric-include-edge",'),
        ((3, 2), {"PaddingValue": [1, 2]}, r"PaddingValue must be a number or one of.*\[1, 2\]"),
        ((3, 2), {"NumChannels": 0}, "NumChannels must be a positive integer; got 0"),
        (
            (3, 2),
            {"NumChannels": "all"},
            "NumChannels must be 'auto' or a positive integer; got 'a",
        ),
        ((3, 2), {"WeightsInitializer": "orthogonal"}, 'one of "glorot", "he", "narrow-normal", '),
        ((3, 2), {"BiasInitializer": "glorot"}, 'BiasInitializer must be one of "zeros", "narrow-'),
        ((3, 2), {"WeightLearnRateFactor": -1}, "LearnRateFactor of Weights must be a number"),
        ((3, 2), {"BiasL2Factor": math.nan}, "L2Factor of Bias must be a number, at least 0"),
        ((3, 2), {"WeightL2Factor": math.inf}, "L2Factor of Weights must be a number, at least 0"),
    ],
)
def test_values_out_of_range_raise(arguments, options, text):
    with pytest.raises(ValueError, match="convolution1dLayer: .*" + text):
        conv(*arguments, **options)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"Weights": np.ones((3, 2, 5))}, r"Weights must have size 3×\?×2; got 3×2×5"),
        ({"Weights": np.ones((3, 2))}, r"Weights must have size 3×\?×2; got 3×2"),
        ({"Weights": np.ones((4, 5, 2))}, r"Weights must have size 3×\?×2; got 4×5×2"),
        ({"NumChannels": 4, "Weights": np.ones((3, 5, 2))}, "Weights must have size 3×4×2"),
        ({"Bias": np.ones((1, 3))}, "Bias must have size 1×2; got 1×3"),
    ],
)
def test_parameters_of_another_size_raise(options, text):
    with pytest.raises(dl.ShapeError, match=text):
        conv(3, 2, **options)


def test_parameters_set_later_are_checked_too():
    layer = conv(3, 2)
    with pytest.raises(dl.ShapeError, match="Bias must have size 1×2; got 1×5"):
        layer.Bias = np.ones((1, 5))
    with pytest.raises(ValueError, match="Stride must be a positive integer"):
        layer.Stride = -1


@pytest.mark.parametrize("value", ["same", [1, 2, 3], -1], ids=str)
def test_padding_size_takes_samples_only(value):
    layer = conv(3, 2)
    with pytest.raises(ValueError, match="PaddingSize must be ") as caught:
        layer.PaddingSize = value
    assert " ," not in str(caught.value) and " ;" not in str(caught.value)


@pytest.mark.parametrize("arguments", [(), (3,), (3, 2, 1)], ids=str)
def test_filter_size_and_number_are_the_positional_arguments(arguments):
    with pytest.raises(TypeError, match="positional argument"):
        conv(*arguments)


@pytest.mark.parametrize(
    ("name", "closest"),
    [("Strides", "Stride"), ("stride", "Stride"), ("PaddingMode", "Padding"), ("Dilation", "Dila")],
)
def test_unknown_option_names_the_closest(name, closest):
    with pytest.raises(
        TypeError, match=f"convolution1dLayer: there is no option {name}. Did you mean {closest}"
    ):
        conv(3, 2, **{name: 1})


def test_other_number_of_channels_raises_in_a_network():
    with pytest.raises(
        dl.ShapeError,
        match=r"'conv1d': NumChannels is 4; the data have 3 channels.*3.C. × 2.B. × 7",
    ):
        network(conv(3, 2, NumChannels=4), (3, 2, 7), "CBT")


def test_other_channels_than_at_initialization_raise_with_the_layer_named():
    net = network(conv(3, 2), (3, 2, 7), "CBT")
    with pytest.raises(dl.ShapeError, match="input channels differ") as caught:
        net.predict(dl.dlarray(np.ones((4, 2, 7)), "CBT"))
    assert caught.value.__notes__ == [
        "in layer 'conv1d' (Convolution1DLayer, 1 of 1), method predict"
    ]


def test_filter_longer_than_the_padded_data_raises():
    with pytest.raises(dl.ShapeError, match=r"filter is longer than the padded input.*length 7"):
        network(conv(4, 2, DilationFactor=3, Padding=1), (3, 2, 7), "CBT")


def test_input_layer_with_too_short_sequences_is_reported_when_the_network_is_built():
    with pytest.raises(dl.ShapeError, match="filter is longer than the padded input"):
        dl.dlnetwork([dl.sequenceInputLayer(3), conv(11, 96)])
    dl.dlnetwork([dl.sequenceInputLayer(3, MinLength=11), conv(11, 96)])


@pytest.mark.parametrize(
    ("value", "padding", "text"),
    [
        ("symmetric-include-edge", 4, "mirrors at most 3 of 3 samples"),
        ("symmetric-exclude-edge", 3, "mirrors at most 2 of 3 samples"),
    ],
)
def test_mirrored_padding_is_no_longer_than_the_data(value, padding, text):
    with pytest.raises(dl.ShapeError, match=text):
        network(conv(2, 2, Padding=padding, PaddingValue=value), (1, 1, 3), "CBT")
    network(conv(2, 2, Padding=padding - 1, PaddingValue=value), (1, 1, 3), "CBT")


def test_nothing_to_replicate_raises():
    net = network(conv(2, 2, Padding=1, PaddingValue="replicate"), (1, 1, 3), "CBT")
    with pytest.raises(dl.ShapeError, match="no sample to replicate: the input has length 0"):
        net.predict(dl.dlarray(np.zeros((1, 1, 0)), "CBT"))


# -- display


def test_display():
    assert repr(conv(11, 96)) == DISPLAY


def test_display_of_an_initialized_layer():
    layer = conv(5, 7, Stride=2, DilationFactor=3, Padding="causal", PaddingValue="replicate")
    assert repr(first(network(layer, (3, 2, 20), "CBT"))) == DISPLAY_IN_NETWORK


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "96 11 convolutions with stride 1 and padding [0  0]"),
        ({"Padding": [1, 2]}, "96 11 convolutions with stride 1 and padding [1  2]"),
        ({"Padding": "same"}, "96 11 convolutions with stride 1 and padding 'same'"),
        ({"Padding": "causal"}, "96 11 convolutions with stride 1 and padding 'causal'"),
        ({"NumChannels": 3}, "96 11×3 convolutions with stride 1 and padding [0  0]"),
        (
            {"DilationFactor": 2, "Stride": 3},
            "96 11 convolutions with stride 3, dilation factor 2, and padding [0  0]",
        ),
    ],
    ids=str,
)
def test_line_in_a_layer_array(options, text):
    layer = conv(11, 96, **options)
    assert (layer.Type, layer.summaryText()) == ("1-D Convolution", text)
