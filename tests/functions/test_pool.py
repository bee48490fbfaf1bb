"""`maxpool` and `avgpool`: values, formats, options."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.testing import TOLERANCES
from tests import golden_pooling as golden, naive
from tests.golden_convolutions import X8, row

SIZES = {"S": (7, 5, 3), "C": (2,), "B": (4,), "T": (11,), "U": (6,)}
BOTH: Any = pytest.mark.parametrize("function", [dl.maxpool, dl.avgpool], ids=["max", "average"])


def sizes(fmt):
    return tuple(SIZES[label][fmt[:i].count(label)] for i, label in enumerate(fmt))


def windows_of(x, moves):
    """For each output the numbers of its window; moves: axis -> (size, stride, left, right)."""
    held = [
        naive.windows(n, *moves[axis]) if axis in moves else [[p] for p in range(n)]
        for axis, n in enumerate(x.shape)
    ]
    shape = tuple(len(each) for each in held)
    return shape, {place: x[np.ix_(*(h[i] for h, i in zip(held, place, strict=True)))]
                   for place in np.ndindex(shape)}  # fmt: skip


def reference(function, x, moves, mean=False):
    """The pooled array by the definition, in double precision."""
    shape, windows = windows_of(x.astype(np.float64), moves)
    y = np.zeros(shape)
    count = np.prod([size for size, *_ in moves.values()])
    for place, window in windows.items():
        if function is dl.maxpool:
            y[place] = window.max(initial=-np.inf)
        else:
            y[place] = window.sum() / (window.size if mean else count)
    return y


def assert_close(got, want, dtype=np.float64):
    np.testing.assert_allclose(got, want, rtol=0, atol=20 * TOLERANCES[dtype])


@pytest.mark.parametrize(("size", "stride", "padding", "want"), golden.MAXIMA, ids=str)
@pytest.mark.parametrize("fmt", ["CBT", "SCB"])
def test_golden_maxima(size, stride, padding, want, fmt):
    shape = (1, 1, 8) if fmt == "CBT" else (8, 1, 1)
    X = dl.dlarray(X8.reshape(shape), fmt)
    pool_format = "T" if fmt == "CBT" else None
    Y = dl.maxpool(X, size, Stride=stride, Padding=padding, PoolFormat=pool_format)
    assert Y.fmt == fmt
    np.testing.assert_array_equal(Y.data.ravel(), row(want))


@pytest.mark.parametrize(("size", "stride", "padding", "value", "want"), golden.AVERAGES, ids=str)
@pytest.mark.parametrize("fmt", ["CBT", "SCB"])
def test_golden_averages(size, stride, padding, value, want, fmt):
    shape = (1, 1, 8) if fmt == "CBT" else (8, 1, 1)
    X = dl.dlarray(X8.reshape(shape), fmt)
    options: dict[str, Any] = {"PoolFormat": "T" if fmt == "CBT" else None}
    Y = dl.avgpool(X, size, Stride=stride, Padding=padding, PaddingValue=value, **options)
    np.testing.assert_allclose(Y.data.ravel(), row(want), atol=1e-6)


@BOTH
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
@pytest.mark.parametrize(
    ("fmt", "pool_format", "axes"),
    [
        ("SC", None, (0,)),
        ("SCB", None, (0,)),
        ("SCB", "S", (0,)),
        ("SB", None, (0,)),
        ("SCU", None, (0,)),
        ("SCBT", None, (0,)),
        ("SCBT", "T", (3,)),
        ("SCBT", "ST", (0, 3)),
        ("SCBT", "TS", (3, 0)),
        ("CT", "T", (1,)),
        ("CBT", "T", (2,)),
        ("TU", "T", (0,)),
        ("SSCB", None, (0, 1)),
        ("SSCT", "SST", (0, 1, 3)),
        ("SSSC", "SSS", (0, 1, 2)),
    ],
)
def test_every_layout(function, dtype, fmt, pool_format, axes, rng):
    """Sizes, strides and padding are in the order of PoolFormat."""
    x = rng.standard_normal(sizes(fmt)).astype(dtype)
    n = len(axes)
    size, stride, starts, ends = (2, 3, 2)[:n], (1, 2, 3)[:n], (1, 0, 1)[:n], (0, 2, 1)[:n]
    padding = (starts, ends) if n > 1 else (starts[0], ends[0])
    Y = function(dl.dlarray(x, fmt), size, PoolFormat=pool_format, Stride=stride, Padding=padding)
    moves = dict(zip(axes, zip(size, stride, starts, ends, strict=True), strict=True))
    assert (Y.fmt, Y.dtype) == (fmt, dtype)
    assert_close(Y.data, reference(function, x, moves), dtype)


@BOTH
def test_one_number_is_for_all_dimensions(function, rng):
    X = dl.dlarray(rng.standard_normal(sizes("SSC")), "SSC")
    each = function(X, (2, 2), Stride=(2, 2), Padding=((1, 1), (1, 1)))
    np.testing.assert_array_equal(function(X, 2, Stride=2, Padding=1).data, each.data)
    np.testing.assert_array_equal(function(X, 2, Stride=2, Padding=(1, 1)).data, each.data)


@BOTH
@pytest.mark.parametrize(("size", "stride"), [(1, 1), (2, 1), (3, 1), (2, 2), (5, 3), (2, 3)])
def test_same_padding(function, size, stride, rng):
    x = rng.standard_normal(sizes("SCB"))
    Y = function(dl.dlarray(x, "SCB"), size, Stride=stride, Padding="SAME")
    out = -(-7 // stride)
    total = max((out - 1) * stride + size - 7, 0)
    moves = {0: (size, stride, total // 2, total - total // 2)}
    assert Y.shape == (out, 2, 4)
    assert_close(Y.data, reference(function, x, moves))


def test_padding_that_does_not_count(rng):
    x = rng.standard_normal(sizes("SSCB"))
    Y = dl.avgpool(dl.dlarray(x, "SSCB"), (3, 2), Padding=(2, 1), PaddingValue="Mean")
    want = reference(dl.avgpool, x, {0: (3, 1, 2, 2), 1: (2, 1, 1, 1)}, mean=True)
    assert_close(Y.data, want)


@pytest.mark.parametrize(("size", "stride"), [(2, 1), (4, 1), (5, 3)])
def test_same_padding_that_does_not_count(size, stride, rng):
    x = rng.standard_normal(sizes("SCB"))
    X = dl.dlarray(x, "SCB")
    Y = dl.avgpool(X, size, Stride=stride, Padding="same", PaddingValue="mean")
    total = max((-(-7 // stride) - 1) * stride + size - 7, 0)
    moves = {0: (size, stride, total // 2, total - total // 2)}
    assert_close(Y.data, reference(dl.avgpool, x, moves, mean=True))


@pytest.mark.parametrize("zero", [0.0, np.array([0]), dl.dlarray(0.0)], ids=repr)
def test_zeros_of_any_type_are_a_padding_value(zero):
    X = dl.dlarray([[[2.0, 4.0]]], "CBT")
    Y = dl.avgpool(X, 2, PoolFormat="T", Padding=1, PaddingValue=zero)
    assert Y.data.ravel().tolist() == [1, 3, 2]


def test_windows_wholly_in_padding():
    X = dl.dlarray([[[1.0, 2.0]]], "CBT")
    options: dict[str, Any] = {"PoolFormat": "T", "Padding": (3, 0)}
    inf, nan = np.inf, np.nan
    np.testing.assert_array_equal(dl.maxpool(X, 2, **options).data.ravel(), [-inf, -inf, 1, 2])
    np.testing.assert_array_equal(dl.avgpool(X, 2, **options).data.ravel(), [0, 0, 0.5, 1.5])
    mean = dl.avgpool(X, 2, PaddingValue="mean", **options)
    np.testing.assert_array_equal(mean.data.ravel(), [nan, nan, 1, 1.5])


def test_gradient_of_windows_wholly_in_padding_goes_nowhere():
    X = dl.dlarray([[[1.0, 2.0]]], "CBT")

    def slope(X, function, **options):
        Y = function(X, 2, PoolFormat="T", Padding=(3, 0), **options)
        return dl.dlgradient(dl.sum(Y, "T"), X)

    assert dl.dlfeval(slope, X, dl.maxpool).data.ravel().tolist() == [1, 1]
    got = dl.dlfeval(slope, X, dl.avgpool, PaddingValue="mean")
    assert got.data.ravel().tolist() == [1.5, 0.5]


@BOTH
@pytest.mark.parametrize(
    ("fmt", "pool_format", "axes"),
    [("SCB", None, (0,)), ("SSCB", None, (0, 1)), ("CBT", "T", (2,)), ("SCBT", "ST", (0, 3))],
)
def test_global(function, fmt, pool_format, axes, rng):
    x = rng.standard_normal(sizes(fmt))
    Y = function(dl.dlarray(x, fmt), "Global", PoolFormat=pool_format)
    want = (np.max if function is dl.maxpool else np.mean)(x, axis=axes, keepdims=True)
    assert Y.fmt == fmt
    assert_close(Y.data, want)


@BOTH
@pytest.mark.parametrize("order", list(permutations("CBT")), ids="".join)
def test_unformatted_data_keep_their_order(function, order, rng):
    fmt = "".join(order)
    x = rng.standard_normal(sizes(fmt))
    Y = function(x, 3, DataFormat=fmt, PoolFormat="T", Stride=2)
    assert Y.fmt == ""
    assert_close(Y.data, reference(function, x, {fmt.index("T"): (3, 2, 0, 0)}))


@BOTH
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_permuted_labels_permute_nothing_but_the_input(function, data):
    fmt, pool_format = data.draw(st.sampled_from([("SSCB", None), ("SCBT", "ST"), ("CBT", "T")]))
    order = data.draw(st.permutations(range(len(fmt))))
    size, stride = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))
    padding = data.draw(st.one_of(st.integers(0, 3), st.just("same")))
    x = np.random.default_rng(data.draw(st.integers(0, 99))).standard_normal(sizes(fmt))
    options: dict[str, Any] = {"PoolFormat": pool_format, "Stride": stride, "Padding": padding}
    want = function(dl.dlarray(x, fmt), size, **options)
    spatial = iter([axis for axis, label in enumerate(fmt) if label == "S"])
    order = [next(spatial) if fmt[axis] == "S" else axis for axis in order]  # S keep their order
    labels = "".join(fmt[axis] for axis in order)
    got = function(dl.dlarray(x.transpose(order), labels), size, **options)
    assert got.fmt == want.fmt
    np.testing.assert_array_equal(got.data, want.data)


@BOTH
def test_nan_and_inf_reach_their_windows_only(function, rng):
    x = rng.standard_normal(sizes("SSC"))
    clean = function(dl.dlarray(x, "SSC"), 2, Padding=1).data
    for value, at in product((np.nan, np.inf), [(3, 2, 0), (0, 4, 1)]):
        other = x.copy()
        other[at] = value
        got = function(dl.dlarray(other, "SSC"), 2, Padding=1).data
        held = np.zeros(clean.shape, bool)
        held[at[0] : at[0] + 2, at[1] : at[1] + 2, at[2]] = True
        np.testing.assert_array_equal(got[held], np.full(4, value))
        np.testing.assert_array_equal(got[~held], clean[~held])


def test_gradient_goes_to_the_first_maximum_in_column_major_order():
    X = dl.dlarray(np.zeros((4, 4, 1)), "SSC")

    def slope(X):
        return dl.dlgradient(dl.sum(dl.maxpool(X, (2, 4), Stride=2), "S"), X)

    want = np.zeros((4, 4, 1))
    want[[0, 2], 0] = 1
    np.testing.assert_array_equal(dl.dlfeval(slope, X).data, want)
    ties = np.array([[0.0, 5], [5, 5]])[..., np.newaxis]

    def of_ties(X):
        return dl.dlgradient(dl.sum(dl.maxpool(X, "global"), "all"), X)

    found = dl.dlfeval(of_ties, dl.dlarray(ties, "SSC")).data[..., 0]
    np.testing.assert_array_equal(found, [[0, 0], [1, 0]])


@BOTH
def test_replayed_calls(function, rng):
    pooled = dl.dlaccelerate(lambda X: function(X, 3, PoolFormat="T", Stride=2, Padding=1))
    for _ in range(3):
        X = dl.dlarray(rng.standard_normal((3, 2, 9)), "CBT")
        want = function(X, 3, PoolFormat="T", Stride=2, Padding=1)
        np.testing.assert_array_equal(pooled(X).data, want.data)
    assert pooled.HitRate > 0
