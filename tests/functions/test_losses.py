"""`mse`, `l2loss`, `l1loss`, `huber`: values, options, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.testing import TOLERANCES
from tests.golden import Stream, rand

relaxed = settings(deadline=None)


def half_square_or_line(e, d=1.0):
    return np.where(np.abs(e) <= d, e**2 / 2, d * np.abs(e) - d**2 / 2)


ELEMENTS: dict[str, Any] = {"l2loss": np.square, "l1loss": np.abs, "huber": half_square_or_line}
each_loss = pytest.mark.parametrize("name", ELEMENTS)
every_loss = pytest.mark.parametrize("name", [*ELEMENTS, "mse"])


def call(name, *arguments, **options):
    return getattr(dl, name)(*arguments, **options)


def elements(name, y, t):
    return ELEMENTS[name](np.asarray(y, float) - np.asarray(t, float))


def assert_loss(loss, expected, rtol=1e-12):
    assert isinstance(loss, dl.dlarray)
    assert (dl.dims(loss), loss.shape) == ("", (1, 1))
    np.testing.assert_allclose(loss.item(), expected, rtol=rtol)


# -- golden numbers


@pytest.mark.parametrize(
    ("name", "expected"),
    [("l2loss", 1.474752447), ("l1loss", 3.167882855), ("huber", 0.737376224)],
)
def test_known_random_numbers(name, expected):
    stream = Stream()
    Y = dl.dlarray(stream.rand(10, 12), "CB")
    assert_loss(call(name, Y, stream.rand(10, 12)), expected, rtol=1e-9)


def test_mse_of_known_random_numbers():
    Y = dl.dlarray(rand(6, 6, 1, 1), "SSCB")
    assert_loss(dl.mse(Y, np.ones((6, 6))), 5.206078346, rtol=1e-9)


# -- values

LAYOUTS = [
    ("CB", (3, 5), 5),
    ("CBT", (3, 5, 7), 5),
    ("SCB", (2, 3, 5), 5),
    ("CT", (3, 7), 1),
    ("SS", (3, 7), 1),
    ("BU", (5, 2), 5),
]


@pytest.mark.parametrize(("fmt", "shape", "n"), LAYOUTS, ids=[fmt for fmt, *_ in LAYOUTS])
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
@each_loss
def test_every_layout_is_divided_by_the_batch_size(name, dtype, fmt, shape, n, rng):
    y, t = (2 * rng.standard_normal(shape).astype(dtype) for _ in range(2))
    loss = call(name, dl.dlarray(y, fmt), dl.dlarray(t, fmt))
    assert loss.dtype == dtype
    assert_loss(loss, elements(name, y, t).sum() / n, rtol=10 * TOLERANCES[dtype])


@pytest.mark.parametrize(("fmt", "shape", "n"), LAYOUTS, ids=[fmt for fmt, *_ in LAYOUTS])
def test_mse_is_half_of_l2loss(fmt, shape, n, rng):
    y, t = rng.standard_normal(shape), rng.standard_normal(shape)
    assert_loss(dl.mse(dl.dlarray(y, fmt), t), ((y - t) ** 2).sum() / (2 * n))


@pytest.mark.parametrize("d", [0.25, 1, 2.5, np.float32(0.5)], ids=str)
def test_transition_point(d, rng):
    y, t = 3 * rng.standard_normal((3, 5)), rng.standard_normal((3, 5))
    loss = dl.huber(dl.dlarray(y, "CB"), t, TransitionPoint=d)
    assert_loss(loss, half_square_or_line(y - t, float(d)).sum() / 5)


def test_huber_at_its_points_and_at_zero():
    def slopes(y):
        loss = dl.huber(y, np.zeros(5), NormalizationFactor="none", TransitionPoint=2.0)
        first = dl.dlgradient(loss, y, EnableHigherDerivatives=True)
        return first, dl.dlgradient(dl.sum(first, "all"), y)

    first, second = dl.dlfeval(slopes, dl.dlarray([-3.0, -2.0, 0.0, 2.0, 3.0], "C"))
    np.testing.assert_array_equal(first.data.ravel(), [-2, -2, 0, 2, 2])
    np.testing.assert_array_equal(second.data.ravel()[[0, 2, 4]], [0, 1, 0])


def test_l1loss_at_zero_has_no_slope():
    slope = dl.dlfeval(lambda y: dl.dlgradient(dl.l1loss(y, [1.0]), y), dl.dlarray([1.0], "C"))
    assert slope.item() == 0


@pytest.mark.parametrize(
    ("factor", "n"), [("batch-size", 5), ("all-elements", 105), ("mask-included", 105), ("None", 1)]
)
@each_loss
def test_normalization_factors(name, factor, n, rng):
    y, t = rng.standard_normal((3, 5, 7)), rng.standard_normal((3, 5, 7))
    loss = call(name, dl.dlarray(y, "CBT"), t, NormalizationFactor=factor)
    assert_loss(loss, elements(name, y, t).sum() / n)


@each_loss
def test_masks_weights_and_what_they_include(name, rng):
    y, t = rng.standard_normal((3, 5, 7)), rng.standard_normal((3, 5, 7))
    mask, w = rng.uniform(size=(1, 5, 7)) < 0.6, rng.uniform(size=5)
    loss = call(
        name, dl.dlarray(y, "CBT"), t, w, Mask=mask, WeightsFormat="B",
        NormalizationFactor="mask-included",
    )  # fmt: skip
    wide = np.broadcast_to(mask, y.shape)
    assert_loss(loss, (wide * w[:, None] * elements(name, y, t)).sum() / wide.sum())


@each_loss
def test_the_mask_one_is_no_mask(name, rng):
    Y, t = dl.dlarray(rng.standard_normal((3, 5)), "CB"), rng.standard_normal((3, 5))
    for factor in ("batch-size", "mask-included"):
        options = {"NormalizationFactor": factor}
        assert call(name, Y, t, Mask=1, **options).item() == call(name, Y, t, **options).item()


@each_loss
def test_no_reduction_returns_weighted_elements_in_the_format_of_y(name, rng):
    y, t, w = (rng.standard_normal((2, 3, 5)) for _ in range(3))
    loss = call(name, dl.dlarray(y, "SCB"), t, w, Mask=[[1], [0]], Reduction="none")
    assert dl.dims(loss) == "SCB"
    expected = elements(name, y, t) * w * np.array([1, 0]).reshape(2, 1, 1)
    np.testing.assert_allclose(loss.data, expected, atol=1e-15)


@relaxed
@given(st.permutations("CBT"), st.sampled_from(["array", "dlarray"]), st.sampled_from([*ELEMENTS]))
def test_unformatted_data_in_any_order(order, kind, name):
    rng = np.random.default_rng(0)
    y, t, w, mask = (rng.uniform(0, 1, (3, 5, 7)) for _ in range(4))
    axes = ["CBT".index(label) for label in order]
    make = dl.dlarray if kind == "dlarray" else np.asarray
    moved = [a.transpose(axes) for a in (t, w, mask)]
    loss = call(name, make(y.transpose(axes)), *moved[:2], Mask=moved[2], DataFormat="".join(order))
    assert_loss(loss, (w * mask * elements(name, y, t)).sum() / 5)


@every_loss
def test_formatted_targets_are_matched_by_label(name, rng):
    y, t = rng.standard_normal((3, 5)), rng.standard_normal((3, 5))
    Y = dl.dlarray(y, "CB")
    assert_loss(call(name, Y, dl.dlarray(t.T, "BC")), call(name, Y, t).item())


@pytest.mark.parametrize("types", [("f4", "f8"), ("f8", "f4")], ids=str)
@every_loss
def test_single_wins(name, types):
    Y, T = (dl.dlarray(np.ones((3, 5), dtype), "CB") for dtype in types)
    assert call(name, Y, T).dtype == np.float32


@every_loss
def test_nan_goes_through_and_empty_batches_give_nan(name):
    assert np.isnan(call(name, dl.dlarray([np.nan, 1.0], "C"), [1.0, 0.0]).item())
    assert np.isnan(call(name, dl.dlarray(np.ones((3, 0)), "CB"), np.ones((3, 0))).item())


# -- errors


@every_loss
def test_targets_of_another_size_are_described(name):
    text = (
        rf"{name}: predictions and targets differ in size\.\n  Y:       3\(C\) × 5\(B\)\n  "
        r"targets: 3×7 \(unformatted\)\nGive one target for each element of Y"
    )
    with pytest.raises(dl.ShapeError, match=text):
        call(name, dl.dlarray(np.ones((3, 5)), "CB"), np.ones((3, 7)))


@pytest.mark.parametrize("option", ["weights", "Mask"])
@each_loss
def test_weights_and_masks_that_do_not_fit(name, option):
    with pytest.raises(dl.ShapeError, match=f"{name}: {option} must expand to the size of Y"):
        call(name, dl.dlarray(np.ones((3, 5)), "CB"), np.ones((3, 5)), **{option: np.ones((3, 2))})


@each_loss
def test_wrong_options(name):
    Y, T = dl.dlarray(np.ones((3, 5)), "CB"), np.ones((3, 5))
    with pytest.raises(ValueError, match=f'{name}: Reduction must be one of "sum", "none"; got'):
        call(name, Y, T, Reduction="mean")
    with pytest.raises(ValueError, match=f'{name}: NormalizationFactor must be one of "batch-s'):
        call(name, Y, T, NormalizationFactor="mean", Reduction="none")


@pytest.mark.parametrize("d", [0, -1, np.nan, np.inf, "1", None], ids=str)
def test_wrong_transition_point(d):
    Y, T = dl.dlarray(np.ones((3, 5)), "CB"), np.ones((3, 5))
    with pytest.raises(ValueError, match="huber: TransitionPoint must be a number, above 0 and f"):
        dl.huber(Y, T, TransitionPoint=d)


@every_loss
def test_unformatted_and_logical_data(name):
    with pytest.raises(dl.FormatError, match=f"{name}: Y must be a formatted dlarray.* DataFor"):
        call(name, np.ones((3, 5)), np.ones((3, 5)))
    with pytest.raises(TypeError, match=f"{name}: logical data not supported"):
        call(name, dl.dlarray(np.ones((3, 5)) > 0, "CB"), np.ones((3, 5)))
