"""`transposedConv1dLayer`: formats, values, golden numbers, errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES
from tests import golden_convolutions as golden, naive
from tests.golden_convolutions import X3, row
from tests.layers.convolutions import first, network, transposed


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
    w, b = rng.standard_normal((3, 5, 3)).astype("f4"), rng.standard_normal((1, 5)).astype("f4")
    layer = transposed(3, 5, Weights=w, Bias=b, Stride=2, Cropping=[3, 1])
    got = network(layer, shape, fmt).predict(dl.dlarray(x, fmt))
    if swap is None:
        batched = (x if fmt == "SC" else x.T)[np.newaxis]
    else:
        batched = x.transpose(swap)
    want = naive.transposed_conv(batched, w[..., None], b, strides=(2,), ends=((3, 1),))
    back = want.transpose(np.argsort(swap)) if swap else (want[0] if fmt == "SC" else want[0].T)
    assert got.fmt == fmt
    np.testing.assert_allclose(got.data, back, rtol=0, atol=30 * TOLERANCES[np.float32])


@pytest.mark.parametrize(("fmt", "shape"), [("SCBT", (7, 3, 2, 5)), ("SCT", (7, 3, 5))])
def test_time_steps_of_images_are_independent(fmt, shape, rng):
    x = rng.standard_normal(shape)
    net = network(transposed(3, 4, Stride=2), shape, fmt)
    got = net.predict(dl.dlarray(x, fmt))
    each = [net.predict(dl.dlarray(x[..., t], fmt[:-1])).data for t in range(5)]
    assert np.array_equal(got.data, np.stack(each, axis=-1))


@pytest.mark.parametrize("fmt", ["BT", "SB", "SBT"])
def test_data_without_channels_have_one(fmt, rng):
    """MATLAB's rule is not confirmed."""
    shape = {"BT": (2, 7), "SB": (7, 2), "SBT": (7, 2, 5)}[fmt]
    x = rng.standard_normal(shape)
    net = network(transposed(3, 4, Stride=2), shape, fmt)
    labelled = dl.dlarray(np.expand_dims(x, fmt.index("B")), fmt.replace("B", "CB"))
    got, want = net.predict(dl.dlarray(x, fmt)), net.predict(labelled)
    assert first(net).NumChannels == 1
    assert got.fmt == want.fmt == fmt.replace("B", "CB")
    assert np.array_equal(got.data, want.data)


@pytest.mark.parametrize(
    ("w", "bias", "stride", "cropping", "y"), golden.TRANSPOSED, ids=golden.name
)
def test_golden_values(w, bias, stride, cropping, y):
    weights = np.reshape(np.array(w, float), (-1, 1, 1))
    layer = transposed(
        len(w), 1, Weights=weights, Bias=[[float(bias)]], Stride=stride, Cropping=cropping
    )
    net = network(layer, (1, 1, 3), "CBT")
    got = net.predict(dl.dlarray(X3.reshape(1, 1, 3), "CBT")).data.ravel()
    np.testing.assert_allclose(got, row(y), rtol=0, atol=1e-12)


def test_same_with_a_filter_shorter_than_the_stride_ends_with_the_bias():
    """MATLAB's result is not confirmed."""
    layer = transposed(1, 1, Weights=[[[2.0]]], Bias=[[0.5]], Stride=3, Cropping="same")
    got = network(layer, (1, 1, 3), "CBT").predict(dl.dlarray(X3.reshape(1, 1, 3), "CBT"))
    assert got.data.ravel().tolist() == [2.5, 0.5, 0.5, 4.5, 0.5, 0.5, 6.5, 0.5, 0.5]


def test_a_network_upsamples_what_another_layer_halved():
    layers = [
        dl.sequenceInputLayer(3, MinLength=8),
        dl.convolution1dLayer(7, 4, Padding="same", Stride=2),
        dl.reluLayer(),
        transposed(7, 3, Cropping="same", Stride=2),
    ]
    assert dl.dlnetwork(layers).predict(np.ones((8, 3, 2), "f4")).shape == (8, 3, 2)


@pytest.mark.torch
@pytest.mark.parametrize(("stride", "crop"), [(1, 0), (2, 1), (5, 0)])
def test_agrees_with_torch(stride, crop, rng):
    torch = pytest.importorskip("torch")
    module = torch.nn.ConvTranspose1d(3, 5, 4, stride=stride, padding=crop)
    w, b = (p.detach().numpy() for p in (module.weight, module.bias))
    layer = transposed(
        4, 5, Weights=w.transpose(2, 1, 0), Bias=b[None], Stride=stride, Cropping=crop
    )
    x = rng.standard_normal((3, 2, 17)).astype("f4")
    net = network(layer, (3, 2, 17), "CBT")

    def slopes(net, X):
        Y = net.predict(X)
        return Y, dl.dlgradient(dl.sum(Y**2, "all"), [X, net.Learnables])

    Y, (dx, table) = dl.dlfeval(slopes, net, dl.dlarray(x, "CBT"))
    sequences = torch.from_numpy(x.transpose(1, 0, 2).copy()).requires_grad_()
    want = module(sequences)
    (want**2).sum().backward()
    atol = 100 * TOLERANCES[np.float32]
    np.testing.assert_allclose(Y.data.transpose(1, 0, 2), want.detach(), rtol=0, atol=atol)
    pairs = [
        (dx.data.transpose(1, 0, 2), sequences.grad),
        (table.Value[0].data.transpose(2, 1, 0), module.weight.grad),
        (table.Value[1].data.ravel(), module.bias.grad),
    ]
    for got, slope in pairs:
        scale = float(np.abs(slope.numpy()).max())
        np.testing.assert_allclose(got, slope, rtol=0, atol=atol * scale)


# -- errors


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((0, 2), {}, "FilterSize must be a positive integer; got 0"),
        ((True, 2), {}, "FilterSize must be a positive integer; got True"),
        ((3, -1), {}, "NumFilters must be a positive integer; got -1"),
        ((3, 2), {"Stride": 0}, "Stride must be a positive integer; got 0"),
        ((3, 2), {"Cropping": -1}, "Cropping must be an integer, at least 0; got -1"),
        ((3, 2), {"Cropping": 0.5}, "Cropping must be an integer, at least 0; got 0.5"),
        ((3, 2), {"Cropping": [1, 2, 3]}, 'Cropping must be "same", a number or two numbers'),
        ((3, 2), {"Cropping": "causal"}, 'Cropping must be "same", a number'),
        ((3, 2), {"NumChannels": 0}, "NumChannels must be 'auto' or a positive integer; got 0"),
        (
            (3, 2),
            {"NumChannels": "all"},
            "NumChannels must be 'auto' or a positive integer; got 'a",
        ),
        ((3, 2), {"WeightsInitializer": "orthogonal"}, 'one of "glorot", "he", "narrow-normal", '),
        ((3, 2), {"BiasInitializer": "he"}, 'BiasInitializer must be one of "zeros", "narrow-'),
        ((3, 2), {"WeightLearnRateFactor": -1}, "LearnRateFactor of Weights must be a number"),
        ((3, 2), {"BiasL2Factor": math.inf}, "L2Factor of Bias must be a number, at least 0"),
        ((3, 2), {"Weights": np.ones((3, 5, 2))}, r"Weights must have size 3×2×\?; got 3×5×2"),
        ((3, 2), {"NumChannels": 4, "Weights": np.ones((3, 2, 5))}, "Weights must have size 3×2×4"),
        ((3, 2), {"Bias": np.ones((1, 3))}, "Bias must have size 1×2; got 1×3"),
    ],
)
def test_values_out_of_range_raise(arguments, options, text):
    with pytest.raises(ValueError, match="transposedConv1dLayer: .*" + text):
        transposed(*arguments, **options)


@pytest.mark.parametrize(
    ("name", "closest"),
    [("Strides", "Stride"), ("CroppingMode", "Cropping"), ("DilationFactor", ""), ("Padding", "")],
)
def test_unknown_option_names_the_closest(name, closest):
    hint = f" Did you mean {closest}" if closest else ""
    text = f"transposedConv1dLayer: there is no option {name}.{hint}"
    with pytest.raises(TypeError, match=text):
        transposed(3, 2, **{name: 1})


@pytest.mark.parametrize("value", ["same", [1, 2, 3], -1, None], ids=str)
def test_cropping_size_takes_samples_only(value):
    with pytest.raises(ValueError, match="CroppingSize must be "):
        transposed(3, 2).CroppingSize = value


@pytest.mark.parametrize(
    ("fmt", "shape", "text"),
    [
        ("CB", (3, 2), '"CB" data have no S or T .*; got 3.C. × 2.B.\\. To .*label it S, .*"SBC"'),
        ("CU", (3, 2), r'"CU" data have no S or T .*; got 3.C. × 2.U.\. To .*label it S, '),
        ("SSCB", (5, 5, 3, 2), r"one S at most; got 5.S. × 5.S. × 3.C. × 2.B.\. Reshape them"),
        ("CTU", (3, 7, 2), r"with labels S or T, C and B; got 3.C. × 7.T. × 2.U.\. Give the U dim"),
    ],
)
def test_formats_without_one_axis_to_upsample_raise(fmt, shape, text):
    with pytest.raises(dl.FormatError, match=text) as caught:
        network(transposed(3, 2), shape, fmt)
    assert caught.value.__notes__ == [
        "in layer 'transposed-conv1d' (TransposedConvolution1DLayer, 1 of 1), method initialize"
    ]


def test_other_number_of_channels_raises_in_a_network():
    text = r"'transposed-conv1d': NumChannels is 4; the data have 3 channels.*3.C. × 2.B. × 7"
    with pytest.raises(dl.ShapeError, match=text):
        network(transposed(3, 2, NumChannels=4), (3, 2, 7), "CBT")


def test_cropping_all_that_short_sequences_make_raises():
    with pytest.raises(dl.ShapeError, match=r"leaves nothing along dimension 2 \(T\)") as caught:
        dl.dlnetwork([dl.sequenceInputLayer(3), transposed(3, 2, Cropping=2)])
    assert any("if yours are longer, give MinLength" in n for n in caught.value.__notes__)
    dl.dlnetwork([dl.sequenceInputLayer(3, MinLength=3), transposed(3, 2, Cropping=2)])
