"""`convolution1dLayer`: formats, values, golden numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES
from tests import golden_convolutions as golden, naive
from tests.golden_convolutions import BIAS, W3, X8, row
from tests.layers.convolutions import conv, first, network

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
        ("CB", (3, 2), '"CB" data have no S or T .*; got 3.C. × 2.B.\\. To .*label it S, .*"SBC"'),
        ("CU", (3, 2), r'"CU" data have no S or T .*; got 3.C. × 2.U.\. To .*label it S, '),
        ("SSCB", (5, 5, 3, 2), r"one S at most; got 5.S. × 5.S. × 3.C. × 2.B.\. Reshape them"),
        ("CTU", (3, 7, 2), r"with labels S or T, C and B; got 3.C. × 7.T. × 2.U.\. Give the U dim"),
    ],
)
def test_formats_without_one_axis_to_convolve_raise(fmt, shape, text):
    with pytest.raises(dl.FormatError, match=text) as caught:
        network(conv(3, 2), shape, fmt)
    assert "layer 'conv1d' (Convolution1DLayer, 1 of 1), method initialize" in str(
        caught.value.__notes__
    )


# -- golden numbers


def output(x: Any, weights: Any, bias: float = 0.0, **options: Any) -> np.ndarray:
    weights = np.reshape(weights, (-1, 1, 1))
    layer = conv(len(weights), 1, Weights=weights, Bias=[[bias]], **options)
    net = network(layer, (1, 1, len(x)), "CBT")
    return net.predict(dl.dlarray(np.reshape(x, (1, 1, -1)), "CBT")).data.ravel()


@pytest.mark.parametrize(
    ("padding", "stride", "dilation", "expected"),
    golden.WINDOWS,
    ids=golden.name,
)
def test_golden_values(padding, stride, dilation, expected):
    got = output(X8, W3, BIAS, Padding=padding, Stride=stride, DilationFactor=dilation)
    np.testing.assert_allclose(got, row(expected), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("value", "expected"),
    golden.PADDING_VALUES,
    ids=golden.name,
)
def test_golden_values_of_padding(value, expected):
    got = output(X8, W3, BIAS, Padding=2, PaddingValue=value)
    np.testing.assert_allclose(got, row(expected), rtol=0, atol=1e-12)


@pytest.mark.parametrize("mode", ["same", "causal"])
@pytest.mark.parametrize("value", [7, *naive.PAD_MODES])
def test_padding_values_apply_in_every_mode(mode, value):
    left, right = {"same": (1, 1), "causal": (2, 0)}[mode]
    got = output(X8, W3, Padding=mode, PaddingValue=value)
    weights = np.reshape(W3, (3, 1, 1))
    want = naive.conv1d(X8.reshape(1, -1, 1), weights, left=left, right=right, value=value)
    np.testing.assert_allclose(got, want.ravel(), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("weights", "stride", "expected"),
    golden.EVEN_FILTERS,
    ids=golden.name,
)
def test_same_padding_of_even_filters(weights, stride, expected):
    got = output(X8, weights, Padding="same", Stride=stride)
    np.testing.assert_allclose(got, row(expected), rtol=0, atol=1e-12)


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


@pytest.mark.torch
@pytest.mark.parametrize(
    ("padding", "value", "amounts", "mode"),
    [
        ("same", 0, (1, 2), "constant"),
        ((2, 1), "symmetric-exclude-edge", (2, 1), "reflect"),
        ("causal", "replicate", (3, 0), "replicate"),
        (3, 7, (3, 3), "constant"),
    ],
    ids=str,
)
def test_padding_agrees_with_torch(padding, value, amounts, mode, rng):
    torch = pytest.importorskip("torch")
    module = torch.nn.Conv1d(3, 5, 4)
    w, b = (p.detach().numpy() for p in (module.weight, module.bias))
    layer = conv(
        4, 5, Weights=w.transpose(2, 1, 0), Bias=b[None], Padding=padding, PaddingValue=value
    )
    x = rng.standard_normal((3, 2, 17)).astype("f4")
    got = network(layer, (3, 2, 17), "CBT").predict(dl.dlarray(x, "CBT")).data
    number = {"value": float(value)} if mode == "constant" else {}
    sequences = torch.from_numpy(x.transpose(1, 0, 2).copy())
    want = module(torch.nn.functional.pad(sequences, amounts, mode=mode, **number)).detach().numpy()
    atol = 30 * TOLERANCES[np.float32]
    np.testing.assert_allclose(got.transpose(1, 0, 2), want, rtol=0, atol=atol)
