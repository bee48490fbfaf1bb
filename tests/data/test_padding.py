"""`padsequences`: sizes, sides, masks, memory order, errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl

LENGTHS = [2, 5, 3]


def sequences(rng, lengths, channels=3, axis=1, dtype=np.float64):
    sizes = [(channels, n) if axis == 1 else (n, channels) for n in lengths]
    return [rng.standard_normal(size).astype(dtype) for size in sizes]


def assert_crops_back(padded, mask, X, axis):
    for i, x in enumerate(X):
        kept = mask[..., i].any(axis=1 - axis)
        assert mask[..., i].all(axis=1 - axis).tolist() == kept.tolist()
        np.testing.assert_array_equal(np.compress(kept, padded[..., i], axis=axis), x)


@pytest.mark.parametrize(
    ("size", "axis", "count", "expected"),
    [
        ((200, 3), 0, 1000, (200, 3, 1000)),
        ((12, 26), 1, 270, (12, 26, 270)),
    ],
    ids=["waveform", "vowels"],
)
def test_observations_go_along_a_new_last_axis(size, axis, count, expected, rng):
    longest = size[axis]
    lengths = rng.integers(longest // 2, longest + 1, count)
    lengths[7] = longest
    X = [np.ones([n if a == axis else s for a, s in enumerate(size)], np.float32) for n in lengths]
    padded, mask = dl.padsequences(X, axis, nargout=2)
    assert padded.shape == mask.shape == expected
    assert mask.dtype == np.bool_
    assert mask.sum() == lengths.sum() * size[1 - axis]
    np.testing.assert_array_equal(padded, mask)


def test_generated_waveforms_have_the_size_of_the_example():
    X, _ = dl.datasets.waveform(1000)
    assert dl.padsequences(X, 0).shape == (200, 3, 1000)


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("right", [1, 2, 9, 9, 9]),
        ("left", [9, 9, 9, 1, 2]),
        ("both", [9, 1, 2, 9, 9]),
        ("BOTH", [9, 1, 2, 9, 9]),
    ],
)
@pytest.mark.parametrize("axis", [0, 1], ids=["TxC", "CxT"])
def test_padding_goes_to_the_side_of_direction(direction, expected, axis):
    x = np.array([[1.0, 2.0]])
    x = x.T if axis == 0 else x
    padded, mask = dl.padsequences(
        [x], axis, Length=5, Direction=direction, PaddingValue=9, nargout=2
    )
    assert padded.ravel().tolist() == expected
    assert mask.ravel().tolist() == [value != 9 for value in expected]


@pytest.mark.parametrize(
    ("direction", "expected"),
    [("right", [1, 2]), ("left", [4, 5]), ("both", [2, 3])],
)
@pytest.mark.parametrize("axis", [0, 1], ids=["TxC", "CxT"])
def test_steps_are_cut_on_the_side_of_direction(direction, expected, axis):
    x = np.arange(1.0, 6.0).reshape(1, 5)
    x = x.T if axis == 0 else x
    cut, mask = dl.padsequences([x], axis, Length=2, Direction=direction, nargout=2)
    assert cut.ravel().tolist() == expected
    assert mask.all()


def test_shortest_cuts_all_to_the_shortest():
    X = [np.arange(5.0).reshape(1, 5), np.arange(3.0).reshape(1, 3)]
    assert dl.padsequences(X, 1, Length="shortest", Direction="left")[0].T.tolist() == [
        [2, 3, 4],
        [0, 1, 2],
    ]


@pytest.mark.parametrize(
    "value", [0, -1.5, np.inf, np.nan, np.float32("nan"), np.int64(3)], ids=str
)
def test_padding_value(value):
    padded = dl.padsequences([np.ones((1, 1))], 1, Length=2, PaddingValue=value)
    np.testing.assert_array_equal(padded.ravel(), [1, value])


def test_nan_in_the_data_stays_and_counts_as_data():
    padded, mask = dl.padsequences([np.array([[np.nan, 1.0]]), np.ones((1, 3))], 1, nargout=2)
    np.testing.assert_array_equal(padded[0, :, 0], [np.nan, 1, 0])
    assert mask[0, :, 0].tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("given_types", "expected"),
    [
        ([np.float32], np.float32),
        ([np.float64], np.float64),
        ([np.float32, np.float64], np.float64),
        ([np.int16], np.float64),
        ([np.bool_], np.float64),
    ],
    ids=["single", "double", "mixed", "integer", "logical"],
)
def test_type_of_the_result(given_types, expected):
    assert dl.padsequences([np.ones((2, 3), t) for t in given_types], 1).dtype == expected


def test_lists_of_numbers_are_sequences():
    assert dl.padsequences([[[1, 2]], [[3]]], 1)[0].T.tolist() == [[1, 2], [3, 0]]


def test_sequences_of_images_are_padded_along_time(rng):
    X = [rng.standard_normal((2, 3, n)) for n in (4, 5)]
    padded, mask = dl.padsequences(X, 2, nargout=2)
    assert padded.shape == mask.shape == (2, 3, 5, 2)
    np.testing.assert_array_equal(padded[:, :, :4, 0], X[0])
    assert mask.sum() == 2 * 3 * 9


def test_middle_axis_is_padded(rng):
    X = [rng.standard_normal((2, n, 3)) for n in (4, 5)]
    padded = dl.padsequences(X, 1, Direction="left")
    assert padded.shape == (2, 5, 3, 2)
    np.testing.assert_array_equal(padded[:, 1:, :, 0], X[0])


def test_negative_axis_counts_from_the_end(rng):
    X = sequences(rng, LENGTHS)
    np.testing.assert_array_equal(dl.padsequences(X, -1), dl.padsequences(X, 1))


@pytest.mark.parametrize("axis", [0, 1], ids=["TxC", "CxT"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["single", "double"])
def test_memory_is_observations_time_channels(axis, dtype, rng):
    padded = dl.padsequences(sequences(rng, LENGTHS, axis=axis, dtype=dtype), axis)
    order = (2, 0, 1) if axis == 0 else (2, 1, 0)
    assert padded.transpose(order).flags.c_contiguous
    X = dl.dlarray(padded, "TCB" if axis == 0 else "CTB", copy=False)
    assert X.fmt == "CBT"
    assert X.shape == (3, 3, 5)
    assert np.shares_memory(X.data, padded)


@pytest.mark.parametrize("axis", [0, 1], ids=["TxC", "CxT"])
def test_list_output(axis, rng):
    X = sequences(rng, LENGTHS, axis=axis)
    stacked, full = dl.padsequences(X, axis, nargout=2)
    listed, masks = dl.padsequences(X, axis, UniformOutput=False, nargout=2)
    assert isinstance(listed, list) and isinstance(masks, list)
    np.testing.assert_array_equal(np.stack(listed, -1), stacked)
    np.testing.assert_array_equal(np.stack(masks, -1), full)


def test_arguments_are_not_changed(rng):
    X = sequences(rng, LENGTHS)
    before = [x.copy() for x in X]
    padded = dl.padsequences(X, 1)
    padded[...] = 7
    for x, old in zip(X, before, strict=True):
        np.testing.assert_array_equal(x, old)


@pytest.mark.parametrize(
    ("lengths", "length", "steps"),
    [([0, 3], "longest", 3), ([0, 0], "longest", 0), ([0, 3], "shortest", 0), ([0], 4, 4)],
    ids=["one-empty", "all-empty", "shortest-empty", "fixed-length"],
)
def test_sequences_without_steps(lengths, length, steps, rng):
    padded, mask = dl.padsequences(sequences(rng, lengths), 1, Length=length, nargout=2)
    assert padded.shape == (3, steps, len(lengths))
    assert mask.sum() == 3 * np.minimum(lengths, steps).sum()
    assert not padded[..., 0].any()


@pytest.mark.parametrize("axis", [0, 1], ids=["TxC", "CxT"])
@given(
    lengths=st.lists(st.integers(0, 9), min_size=1, max_size=6),
    direction=st.sampled_from(["left", "right", "both"]),
    value=st.sampled_from([0.0, -3.0, float("nan")]),
    extra=st.integers(0, 4),
)
@settings(deadline=None)
def test_cropping_by_the_mask_gives_the_sequences_back(axis, lengths, direction, value, extra):
    X = sequences(np.random.default_rng(0), lengths, axis=axis)
    length = max(lengths) + extra
    padded, mask = dl.padsequences(
        X,
        axis,
        Length=length or "longest",
        Direction=direction,
        PaddingValue=value,
        nargout=2,
    )
    assert mask.sum() == 3 * sum(lengths)
    assert_crops_back(padded, mask, X, axis)
    np.testing.assert_array_equal(padded[~mask], np.full(np.count_nonzero(~mask), value))


@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    direction=st.sampled_from(["left", "right", "both"]),
    length=st.integers(1, 9),
)
@settings(deadline=None)
def test_cutting_keeps_a_run_of_steps(lengths, direction, length):
    X = [np.arange(1.0, n + 1).reshape(n, 1) for n in lengths]
    padded, mask = dl.padsequences(X, 0, Length=length, Direction=direction, nargout=2)
    for i, n in enumerate(lengths):
        kept = padded[mask[..., i], i] if mask[..., i].any() else np.empty(0)
        assert len(kept) == min(n, length)
        first = {"right": 1, "left": n - len(kept) + 1, "both": (n - len(kept)) // 2 + 1}[direction]
        np.testing.assert_array_equal(kept, np.arange(first, first + len(kept)))


def test_a_helper_that_loses_a_step_is_caught(rng):
    X = sequences(rng, LENGTHS)
    padded, mask = dl.padsequences(X, 1, nargout=2)
    wrong = mask.copy()
    wrong[:, 1, 0] = False
    with pytest.raises(AssertionError):
        assert_crops_back(padded, wrong, X, 1)


ONE = [np.ones((2, 3))]


@pytest.mark.parametrize(
    ("X", "dim", "options", "error", "text"),
    [
        ([], 1, {}, dl.ShapeError, "there is no sequence to pad; the list is empty"),
        ([np.ones((2, 3)), np.ones((4, 3))], 1, {}, dl.ShapeError, "sequence 1: 4×3"),
        ([np.ones((2, 3)), np.ones(3)], 1, {}, dl.ShapeError, "may differ along dimension 1 only"),
        (ONE, 2, {}, ValueError, "paddingDim 2 is not one of the 2 dimensions"),
        (ONE, 0.5, {}, TypeError, "paddingDim must be an integer"),
        (ONE, "T", {}, TypeError, "paddingDim must be an integer"),
        (ONE, 1, {"Length": "long"}, ValueError, 'Length must be one of "longest", "shortest"'),
        (ONE, 1, {"Length": 0}, ValueError, "Length must be a positive integer; got 0"),
        (ONE, 1, {"Length": 2.5}, ValueError, "Length must be a positive integer; got 2.5"),
        (ONE, 1, {"Direction": "up"}, ValueError, 'Direction must be one of "right", "left"'),
        (ONE, 1, {"Direction": 1}, ValueError, "Direction must be one of"),
        (ONE, 1, {"PaddingValue": "x"}, ValueError, "PaddingValue must be a number; got 'x'"),
        (ONE, 1, {"PaddingValue": [1, 2]}, ValueError, "PaddingValue must be a number"),
        ([np.array([["a"]])], 1, {}, TypeError, "sequence 0 is no numeric array; got <U1"),
        ([np.ones((1, 1)), np.ones((1, 1)) * 1j], 1, {}, TypeError, "sequence 1 is no numeric"),
        ([np.float64(3)], 0, {}, ValueError, "paddingDim 0 is not one of the 0 dimensions"),
    ],
    ids=[
        "empty-list",
        "channels-differ",
        "ranks-differ",
        "axis-too-large",
        "axis-fraction",
        "axis-text",
        "length-word",
        "length-0",
        "length-fraction",
        "direction-word",
        "direction-number",
        "value-text",
        "value-list",
        "text",
        "complex",
        "number",
    ],
)
def test_errors(X, dim, options, error, text):
    with pytest.raises(error, match=text) as caught:
        dl.padsequences(X, dim, **options)
    assert str(caught.value).startswith("padsequences: ")


def test_ragged_lists_are_named():
    with pytest.raises(TypeError, match="padsequences: sequence 1 is ragged"):
        dl.padsequences([[[1, 2]], [[1, 2], [3]]], 1)


def test_uniform_output_is_checked():
    with pytest.raises(ValueError, match="UniformOutput"):
        dl.padsequences(ONE, 1, UniformOutput="no")  # type: ignore[arg-type]


def test_nargout_is_checked():
    with pytest.raises(ValueError, match="nargout"):
        dl.padsequences(ONE, 1, nargout=3)
