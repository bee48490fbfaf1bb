"""`indexcrossentropy`: values against `crossentropy` of one-hot targets, options, errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.testing import TOLERANCES
from tests.golden import Stream

relaxed = settings(deadline=None)


def data(rng, *shape, axis=0):
    """Probabilities, classes with size 1 along the axis, and their one-hot form."""
    classes = rng.integers(0, shape[axis], [1 if i == axis else n for i, n in enumerate(shape)])
    numbers = np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    return rng.uniform(0.1, 0.9, shape), classes, (numbers == classes).astype(float)


def elements(y, classes, axis=0):
    return -np.log(np.take_along_axis(y, classes, axis))


def assert_loss(loss, expected, rtol=1e-12):
    assert isinstance(loss, dl.dlarray)
    assert (dl.dims(loss), loss.shape) == ("", (1, 1))
    np.testing.assert_allclose(loss.item(), expected, rtol=rtol)


def test_known_random_numbers():
    stream = Stream()
    Y = dl.softmax(dl.dlarray(stream.rand(5, 7), "CB"))
    T = stream.randi(5, (1, 7))
    assert T.tolist() == [[5, 4, 2, 5, 1, 3, 2]]
    np.testing.assert_allclose(Y.data[:, 0], [0.2205, 0.2415, 0.1109, 0.2434, 0.1837], atol=5e-5)
    assert_loss(dl.indexcrossentropy(Y, T, index_base=1), 1.562045470, rtol=1e-9)
    assert_loss(dl.indexcrossentropy(Y, T - 1), 1.562045470, rtol=1e-9)


@pytest.mark.parametrize(
    ("fmt", "shape", "axis"),
    [("CB", (3, 5), 0), ("CBT", (3, 5, 7), 0), ("SCB", (2, 3, 5), 1), ("CT", (3, 7), 0)],
    ids=["CB", "CBT", "SCB", "CT"],
)
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_equals_crossentropy_of_one_hot_targets(fmt, shape, axis, dtype, rng):
    y, classes, t = data(rng, *shape, axis=axis)
    Y = dl.dlarray(y.astype(dtype), fmt)

    def with_slope(Y, function, targets):
        loss = function(Y, targets)
        return loss, dl.dlgradient(loss, Y)

    loss, slope = dl.dlfeval(with_slope, Y, dl.indexcrossentropy, classes)
    want, want_slope = dl.dlfeval(with_slope, Y, dl.crossentropy, t)
    assert loss.dtype == dtype
    assert_loss(loss, want.item(), rtol=10 * TOLERANCES[dtype])
    np.testing.assert_allclose(slope.data, want_slope.data, rtol=10 * TOLERANCES[dtype])


@pytest.mark.parametrize(
    "form",
    [
        lambda c: c,
        lambda c: c.astype(float),
        lambda c: c.tolist(),
        dl.dlarray,
        lambda c: dl.dlarray(c, "CBT"),
        lambda c: dl.dlarray(c[0], "BT"),
        lambda c: dl.dlarray(c[0].T, "TB"),
    ],
    ids=["integers", "floats", "list", "unformatted", "CBT", "BT", "TB"],
)
def test_forms_of_the_targets(form, rng):
    y, classes, _ = data(rng, 3, 5, 7)
    loss = dl.indexcrossentropy(dl.dlarray(y, "CBT"), form(classes))
    assert_loss(loss, elements(y, classes).sum() / 5)


def test_classes_beyond_what_single_precision_holds(rng):
    n = 2**24 + 3
    y = np.full((n, 1), 0.5, "f4")
    y[-2] = 0.25
    loss = dl.indexcrossentropy(dl.dlarray(y, "CB", copy=False), [[n - 2]])
    assert_loss(loss, np.log(4), rtol=1e-6)


@pytest.mark.parametrize(
    ("factor", "n"), [("batch-size", 5), ("all-elements", 35), ("mask-included", 35), ("none", 1)]
)
def test_normalization_counts_targets(factor, n, rng):
    y, classes, _ = data(rng, 3, 5, 7)
    loss = dl.indexcrossentropy(dl.dlarray(y, "CBT"), classes, NormalizationFactor=factor)
    assert_loss(loss, elements(y, classes).sum() / n)


@pytest.mark.parametrize(
    ("shape", "fmt"),
    [((1, 5, 7), ""), ((5, 7), "BT"), ((7, 5), "TB"), ((1, 5), ""), ((7,), "T")],
    ids=["position", "BT", "TB", "observations", "T"],
)
def test_masks_may_hide_targets_that_are_no_class(shape, fmt, rng):
    y, classes, _ = data(rng, 3, 5, 7)
    mask = rng.uniform(size=shape) < 0.5
    wide = dl.extractdata(dl.dlarray(np.ones((1, 5, 7)), "CBT") * (dl.dlarray(mask, fmt) + 0.0))
    padded = np.where(wide > 0, classes, -1)
    Mask = dl.dlarray(mask, fmt) if fmt else mask
    loss = dl.indexcrossentropy(
        dl.dlarray(y, "CBT"), padded, Mask=Mask, NormalizationFactor="mask-included"
    )
    assert_loss(loss, (wide * elements(y, classes)).sum() / wide.sum())


@pytest.mark.parametrize(
    ("shape", "fmt"),
    [((3,), "C"), ((5,), "B"), ((3, 5), "CB"), ((3, 5, 7), "CBT"), ((3, 1), ""), ((1, 5, 7), "")],
    ids=["classes", "observations", "CB", "elements", "position", "targets"],
)
def test_a_weight_is_that_of_the_target(shape, fmt, rng):
    y, classes, t = data(rng, 3, 5, 7)
    w = dl.dlarray(rng.uniform(0.5, 2, shape), fmt)
    Y = dl.dlarray(y, "CBT")
    assert_loss(dl.indexcrossentropy(Y, classes, w), dl.crossentropy(Y, t, w).item())


def test_no_reduction_has_one_channel(rng):
    y, classes, _ = data(rng, 2, 3, 5, axis=1)
    loss = dl.indexcrossentropy(dl.dlarray(y, "SCB"), classes, Reduction="none")
    assert (dl.dims(loss), loss.shape) == ("SCB", (2, 1, 5))
    np.testing.assert_allclose(loss.data, elements(y, classes, 1))


@relaxed
@given(st.permutations("CBT"), st.sampled_from([0, 1]))
def test_unformatted_data_in_any_order(order, base):
    rng = np.random.default_rng(0)
    y, classes, _ = data(rng, 3, 5, 7)
    axes = ["CBT".index(label) for label in order]
    arrays = y.transpose(axes), classes.transpose(axes) + base
    loss = dl.indexcrossentropy(*arrays, DataFormat="".join(order), index_base=base)
    assert_loss(loss, elements(y, classes).sum() / 5)
    kept = dl.indexcrossentropy(
        *arrays, DataFormat="".join(order), index_base=base, Reduction="none"
    )
    np.testing.assert_allclose(kept.data, elements(y, classes).transpose(axes))


@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_probability_zero_stays_finite(dtype):
    def with_slope(Y):
        loss = dl.indexcrossentropy(Y, [[0, 1]])
        return loss, dl.dlgradient(loss, Y)

    loss, slope = dl.dlfeval(with_slope, dl.dlarray(np.array([[0, 1], [1, 0]], dtype), "CB"))
    np.testing.assert_allclose(loss.item(), -np.log(np.finfo(dtype).tiny), rtol=1e-6)
    assert np.isfinite(slope.data).all()


# -- errors


@pytest.mark.parametrize(
    ("targets", "base", "text"),
    [
        ([[0, 3]], 0, r"whole numbers from 0 to 2; got 3 at \(0, 1\)\. Classes count from index_"),
        ([[-1, 0]], 0, r"whole numbers from 0 to 2; got -1 at \(0, 0\)"),
        ([[0, 1]], 1, r"whole numbers from 1 to 3; got 0 at \(0, 0\)"),
        ([[0, 0.5]], 0, r"whole numbers from 0 to 2; got 0.5 at \(0, 1\)"),
        ([[0, np.nan]], 0, r"whole numbers from 0 to 2; got nan at \(0, 1\)"),
        ([[np.inf, 0]], 0, r"whole numbers from 0 to 2; got inf at \(0, 0\)"),
    ],
    ids=["above", "below", "base", "fraction", "NaN", "Inf"],
)
def test_targets_that_are_no_class(targets, base, text):
    with pytest.raises(ValueError, match=f"indexcrossentropy: targets must hold {text}"):
        dl.indexcrossentropy(dl.dlarray(np.ones((3, 2)), "CB"), targets, index_base=base)


@pytest.mark.parametrize(
    "targets",
    [np.ones((1, 7)), np.ones((3, 5)), np.ones(5), dl.dlarray(np.ones((1, 5)), "CT"), [[[0, 1]]]],
    ids=["size", "one-hot", "column", "labels", "3-D"],
)
def test_targets_of_another_size(targets):
    text = (
        r"indexcrossentropy: targets must have the size of Y with one channel\.\n  Y:       "
        r"3\(C\) × 5\(B\)\n  targets: (?s:.*)one-hot targets to crossentropy\."
    )
    with pytest.raises(dl.ShapeError, match=text):
        dl.indexcrossentropy(dl.dlarray(np.ones((3, 5)), "CB"), targets)


def test_a_mask_has_the_size_of_the_targets():
    with pytest.raises(
        dl.ShapeError, match=r"indexcrossentropy: Mask must expand to the size of targets\.\n  targ"
    ):
        Y = dl.dlarray(np.ones((3, 5)), "CB")
        dl.indexcrossentropy(Y, np.ones((1, 5)), Mask=np.ones((3, 5)))


@pytest.mark.parametrize("base", [2, -1, True, None, "0"], ids=str)
def test_wrong_base(base):
    with pytest.raises(ValueError, match="indexcrossentropy: index_base must be 0 or 1"):
        dl.indexcrossentropy(dl.dlarray(np.ones((3, 5)), "CB"), np.ones((1, 5)), index_base=base)


def test_no_channels():
    with pytest.raises(dl.FormatError, match="indexcrossentropy: needs a C dimension"):
        dl.indexcrossentropy(dl.dlarray(np.ones((3, 5)), "SB"), np.ones((1, 5)))
