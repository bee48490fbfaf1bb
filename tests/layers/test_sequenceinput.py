"""`sequenceInputLayer`: normalization, statistics, checks of the data, display."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES

NORMALIZATIONS = ("none", "zerocenter", "zscore", "rescale-symmetric", "rescale-zero-one")
USED = {
    "none": (),
    "zerocenter": ("Mean",),
    "zscore": ("Mean", "StandardDeviation"),
    "rescale-symmetric": ("Max", "Min"),
    "rescale-zero-one": ("Max", "Min"),
}

DISPLAY = """
  SequenceInputLayer with properties:

                      Name: ''
                 InputSize: 4
                 MinLength: 1
        SplitComplexInputs: 0

   Hyperparameters
             Normalization: '{normalization}'
    NormalizationDimension: 'auto'
"""


def sequence_input(*arguments: Any, **options: Any) -> Any:
    return dl.sequenceInputLayer(*arguments, **options)


def normalized(X: dl.dlarray, inputSize: Any = 3, **options: Any) -> np.ndarray:
    return dl.dlnetwork([sequence_input(inputSize, **options)]).predict(X).data


@pytest.fixture
def X(rng):
    return dl.dlarray(rng.standard_normal((3, 2, 7)), "CBT")


# -- properties


def test_defaults():
    layer = sequence_input(12)
    assert layer.InputSize == (12,)
    assert (layer.MinLength, layer.Normalization, layer.NormalizationDimension) == (
        1,
        "none",
        "auto",
    )
    assert layer.Mean is layer.StandardDeviation is layer.Min is layer.Max is None
    assert layer.SplitComplexInputs is False
    assert (layer.NumInputs, layer.InputNames) == (0, [])
    assert (layer.NumOutputs, layer.OutputNames) == (1, ["out"])


@pytest.mark.parametrize(
    ("size", "stored", "fmt"),
    [
        (12.0, (12,), "CBT"),
        ([5, 3], (5, 3), "SCBT"),
        (np.array([28, 28, 1]), (28, 28, 1), "SSCBT"),
        ((4, 5, 6, 2), (4, 5, 6, 2), "SSSCBT"),
    ],
    ids=str,
)
def test_input_size_decides_the_format(size, stored, fmt):
    layer = sequence_input(size)
    assert layer.InputSize == stored
    net = dl.dlnetwork([layer])
    n = len(stored)
    Y = net.predict(dl.dlarray(np.zeros((*stored, 2, 3)), fmt))
    assert (Y.fmt, Y.shape) == (fmt, (*stored, 2, 3))
    unbatched = fmt.replace("B", "")
    assert net.predict(dl.dlarray(np.zeros((*stored, 3)), unbatched)).fmt == unbatched
    assert net.inputLayout("sequenceinput") == dl.networkDataLayout((*stored, None, 1), fmt)
    assert len(fmt) == n + 2


def test_input_size_is_read_only():
    layer = sequence_input(3)
    with pytest.raises(AttributeError, match=r"SequenceInputLayer.InputSize is read-only"):
        layer.InputSize = 4


def test_enumerated_options_are_normalized():
    layer = sequence_input(3, Normalization="ZScore", NormalizationDimension="Channel")
    assert (layer.Normalization, layer.NormalizationDimension) == ("zscore", "channel")


# -- normalization of data


def test_none_gives_the_data(X):
    assert np.array_equal(normalized(X), X.data)


def test_zerocenter(X):
    mean = [[1.0], [2.0], [3.0]]
    want = X.data - np.reshape(mean, (3, 1, 1))
    assert np.array_equal(normalized(X, Normalization="zerocenter", Mean=mean), want)


def test_zscore_divides_a_constant_channel_by_one(X):
    mean, deviation = np.array([1.0, 2, 3]), np.array([2.0, 0, 4])
    got = normalized(X, Normalization="zscore", Mean=mean, StandardDeviation=deviation)
    want = (X.data - mean.reshape(3, 1, 1)) / np.reshape([2, 1, 4], (3, 1, 1))
    np.testing.assert_allclose(got, want, rtol=0, atol=TOLERANCES[np.float64])


@pytest.mark.parametrize("kind", ["rescale-symmetric", "rescale-zero-one"])
def test_rescaling_divides_a_constant_channel_by_one(X, kind):
    low, high = np.array([-1.0, 2, 3]), np.array([1.0, 2, 7])
    got = normalized(X, Normalization=kind, Min=low, Max=high)
    unit = (X.data - low.reshape(3, 1, 1)) / np.reshape([2, 1, 4], (3, 1, 1))
    want = 2 * unit - 1 if kind == "rescale-symmetric" else unit
    np.testing.assert_allclose(got, want, rtol=0, atol=TOLERANCES[np.float64] * 4)


def test_function_is_applied_to_the_labelled_data(X):
    formats: list[str] = []

    def halved(data):
        formats.append(data.fmt)
        return data / 2

    assert np.array_equal(normalized(X, Normalization=halved), X.data / 2)
    assert set(formats) == {"CBT"}


@pytest.mark.parametrize(
    "mean",
    [2, 2.0, [2], [[2.0]], [2.0, 2, 2], [[2], [2], [2]], [[2, 2, 2]], np.full((3, 1, 1), 2.0)],
    ids=str,
)
def test_statistic_may_be_one_number_or_one_a_channel(X, mean):
    assert np.array_equal(normalized(X, Normalization="zerocenter", Mean=mean), X.data - 2)


@pytest.mark.parametrize("shape", [(1, 3), (5, 3), (1, 1), (3,)], ids=str)
def test_statistic_of_images_is_one_number_or_one_a_channel_or_one_an_element(shape, rng):
    x = rng.standard_normal((5, 3, 2, 7))
    mean = rng.standard_normal(shape)
    got = normalized(dl.dlarray(x, "SCBT"), (5, 3), Normalization="zerocenter", Mean=mean)
    assert np.array_equal(got, x - np.broadcast_to(mean, (5, 3))[:, :, np.newaxis, np.newaxis])


def test_statistic_is_a_copy_of_the_users_array(X):
    mean = np.array([1.0, 2, 3])
    net = dl.dlnetwork([sequence_input(3, Normalization="zerocenter", Mean=mean)])
    before = net.predict(X).data
    mean[:] = 100
    assert np.array_equal(net.predict(X).data, before)


def test_statistic_of_a_networks_layer_can_not_be_written_through(X):
    net = dl.dlnetwork([sequence_input(3, Normalization="zerocenter", Mean=[1, 2, 3])])
    before = net.predict(X).data
    entry: Any = net.Layers[0]
    try:
        entry.Mean[:] = 100
    except ValueError:
        pass
    assert np.array_equal(net.predict(X).data, before)


def test_single_data_stay_single(X):
    got = normalized(dl.single(X), Normalization="zscore", Mean=1.0, StandardDeviation=3.0)
    assert got.dtype == np.float32


@pytest.mark.parametrize("size", [(2,), (4, 1), (2, 3)], ids=str)
def test_statistic_of_another_size_raises(X, size):
    with pytest.raises(dl.ShapeError, match=r"sequenceInputLayer.*Mean"):
        normalized(X, Normalization="zerocenter", Mean=np.zeros(size))


def test_statistic_that_is_no_number_raises():
    with pytest.raises(TypeError, match="sequenceInputLayer: Mean must be numbers; got str"):
        sequence_input(3, Mean="abc")


@pytest.mark.parametrize("kind", NORMALIZATIONS[1:])
def test_missing_statistic_raises_with_its_name(X, kind):
    first = "Min" if kind.startswith("rescale") else "Mean"
    with pytest.raises(
        ValueError, match=f"{first} is not set, and Normalization='{kind}' needs it.*give {first}="
    ):
        normalized(X, Normalization=kind)


def test_function_must_return_a_dlarray(X):
    with pytest.raises(TypeError, match="function must return a dlarray; it returned ndarray"):
        normalized(X, Normalization=lambda data: data.extractdata())


# -- statistics of training data


@pytest.fixture
def sequences(rng):
    scale = np.array([[1.0], [10.0], [0.0]])
    return [rng.standard_normal((3, n)) * scale + [[0], [5], [2]] for n in (4, 9, 6)]


@pytest.mark.parametrize("dimension", ["auto", "channel", "element", "all"])
def test_statistics_are_those_of_all_time_steps(sequences, dimension):
    joined = np.concatenate(sequences, axis=1)
    axes = None if dimension == "all" else 1
    size = (1, 1) if dimension == "all" else (3, 1)
    for kind in NORMALIZATIONS[1:]:
        layer = sequence_input(3, Normalization=kind, NormalizationDimension=dimension)
        layer.resetNormalization(sequences)
        for name in USED[kind]:
            function = {"StandardDeviation": np.std}.get(name) or getattr(np, name.lower())
            want = np.reshape(function(joined, axis=axes), size)
            got = getattr(layer, name)
            assert got.shape == size
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("dimension", "size"), [("auto", (1, 3)), ("channel", (1, 3)), ("element", (5, 3)), ("all", 1)]
)
def test_sizes_of_image_statistics(dimension, size, rng):
    layer = sequence_input((5, 3), Normalization="zerocenter", NormalizationDimension=dimension)
    images = [rng.standard_normal((5, 3, n)) for n in (4, 2)]
    layer.resetNormalization(images)
    joined = np.concatenate(images, axis=2)
    axes: Any = {(1, 3): (0, 2), (5, 3): 2}.get(size)
    want = joined.mean(axis=axes)
    assert layer.Mean.size == np.prod(size)
    np.testing.assert_allclose(layer.Mean.reshape(want.shape), want, rtol=1e-12)
    got = normalized(
        dl.dlarray(images[0], "SCT"), (5, 3), Normalization="zerocenter", Mean=layer.Mean
    )
    spread = want if dimension == "all" else np.broadcast_to(want, (5, 3))[..., np.newaxis]
    np.testing.assert_allclose(got, images[0] - spread, rtol=0, atol=1e-12)


def test_sequences_without_steps_count_nothing(sequences):
    layer = sequence_input(3, Normalization="zscore")
    layer.resetNormalization(sequences)
    mean = layer.Mean
    layer.resetNormalization([np.zeros((3, 0)), *sequences])
    assert np.array_equal(layer.Mean, mean)


def test_unused_statistics_stay_unset(sequences):
    layer = sequence_input(3, Normalization="rescale-zero-one")
    assert layer.missingStatistics() == ("Max", "Min")
    layer.resetNormalization(sequences)
    assert layer.missingStatistics() == ()
    assert layer.Mean is None


@pytest.mark.parametrize("kind", ["none", abs], ids=["none", "function"])
def test_normalization_without_statistics_needs_none(sequences, kind):
    layer = sequence_input(3, Normalization=kind)
    layer.resetNormalization(sequences)
    assert layer.missingStatistics() == ()
    assert layer.Mean is layer.Max is None


@pytest.mark.parametrize("offset", [0, 1e6])
def test_deviation_of_data_far_from_zero_is_exact(offset, rng):
    x = rng.standard_normal((3, 1000)) + offset
    layer = sequence_input(3, Normalization="zscore")
    layer.resetNormalization([x])
    np.testing.assert_allclose(layer.StandardDeviation[:, 0], x.std(axis=1), rtol=1e-9)


# -- checks of the data


def test_too_short_sequence_raises_in_matlabs_words():
    net = dl.dlnetwork([sequence_input(3, MinLength=100)])
    with pytest.raises(dl.ShapeError) as caught:
        net.predict(np.ones((1, 3), "f4"))
    assert str(caught.value) == (
        "The sequence length of the input data (1) must be greater than or equal to the MinLength "
        "property of the sequence input layer (100)."
    )


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((10, 4), "got 4 in 4(C) × 10(T)."),
        (
            (3, 10),
            "got 10 in 10(C) × 3(T). Sequences are time by channels; for channels by time set "
            'InputDataFormats="CTB".',
        ),
    ],
    ids=["other channels", "transposed"],
)
def test_other_number_of_channels_raises_in_matlabs_words(shape, text):
    net = dl.dlnetwork([sequence_input(3, Name="entry")])
    with pytest.raises(dl.ShapeError) as caught:
        net.predict(np.ones(shape, "f4"))
    assert str(caught.value) == (
        f"Layer 'entry': Invalid size of channel dimension. Expected 3, {text}"
    )


def test_other_size_of_image_raises():
    net = dl.dlnetwork([sequence_input((5, 3))])
    with pytest.raises(dl.ShapeError, match=r"InputSize is 5×3; got 4\(S\) × 3\(C\) × 2\(B\) × 1"):
        net.predict(dl.dlarray(np.ones((4, 3, 2, 1)), "SCBT"))


@pytest.mark.parametrize("fmt", ["CB", "SCBT", "BT"])
def test_other_format_raises(fmt):
    net = dl.dlnetwork([sequence_input(3)])
    with pytest.raises(dl.FormatError, match=f'expects "CBT" data; got "{fmt}"'):
        net.predict(dl.dlarray(np.ones((3, 2, 2, 2)[: len(fmt)]), fmt))


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((0,), {}, "InputSize must be a positive integer; got 0"),
        (([3, 1.5],), {}, "InputSize must be a positive integer; got 1.5"),
        (([],), {}, r"InputSize must be the channels c, or \(h, c\).*got \[\]"),
        (([1, 2, 3, 4, 5],), {}, "InputSize must be the channels c, or"),
        ((3,), {"MinLength": 0}, "MinLength must be a positive integer; got 0"),
        ((3,), {"Normalization": "zscor"}, 'Normalization must be one of "none", "zerocenter"'),
        ((3,), {"NormalizationDimension": "time"}, 'NormalizationDimension must be one of "auto"'),
        ((3,), {"SplitComplexInputs": True}, "SplitComplexInputs=True is not available in this"),
        ((3,), {"SplitComplexInputs": 5}, "SplitComplexInputs must be true or false; got 5"),
    ],
)
def test_values_out_of_range_raise(arguments, options, text):
    with pytest.raises(ValueError, match="sequenceInputLayer: " + text):
        sequence_input(*arguments, **options)


def test_input_size_is_needed():
    with pytest.raises(TypeError, match="inputSize"):
        sequence_input()


# -- display


@pytest.mark.parametrize("kind", NORMALIZATIONS)
def test_display_lists_the_statistics_that_are_used(kind):
    lines = "".join(f"{name:>26}: []\n" for name in USED[kind])
    assert repr(sequence_input(4, Normalization=kind)) == (
        DISPLAY.format(normalization=kind) + lines
    )


def test_display_of_values():
    layer = sequence_input(28, Normalization="zscore", Mean=0.5, StandardDeviation=np.ones(28))
    text = repr(layer)
    assert "                 InputSize: 28\n" in text
    assert "                      Mean: 0.5000\n" in text
    assert "         StandardDeviation: [28×1 double]\n" in text


@pytest.mark.parametrize(
    ("size", "text"), [(1, "1"), (4, "4"), ((28, 1), "28×1"), ((28, 28, 1), "28×28×1")], ids=str
)
def test_line_in_a_layer_array(size, text):
    layer = sequence_input(size, Normalization="zscore")
    assert layer.Type == "Sequence Input"
    assert layer.summaryText() == f"Sequence input with {text} dimensions"
