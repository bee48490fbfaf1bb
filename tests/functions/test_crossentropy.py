"""`crossentropy`."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.testing import TOLERANCES, checkGradients
from tests.golden import Stream

relaxed = settings(deadline=None)


def probabilities(rng, *shape):
    return rng.uniform(0.1, 0.9, shape)


def one_hot(rng, *shape):
    """Classes along the first axis."""
    classes = rng.integers(0, shape[0], (1, *shape[1:]))
    return (np.arange(shape[0]).reshape(-1, *[1] * (len(shape) - 1)) == classes).astype(float)


def single_label(y, t):
    return -t * np.log(y)


def multilabel(y, t):
    return -(t * np.log(y) + (1 - t) * np.log(1 - y))


def assert_loss(loss, expected, rtol=1e-12):
    assert isinstance(loss, dl.dlarray)
    assert (dl.dims(loss), loss.shape) == ("", (1, 1))
    np.testing.assert_allclose(loss.item(), expected, rtol=rtol)


# -- golden numbers
# ------------------------------------------------------------------------------------------------


def test_crossentropy_of_known_random_numbers():
    stream = Stream()
    x, classes = stream.rand(10, 12), stream.randi(10, (12,)).astype(int) - 1
    assert (classes + 1).tolist() == [2, 10, 1, 8, 9, 9, 1, 4, 3, 9, 5, 10]
    Y = dl.softmax(dl.dlarray(x, "CB"))
    assert_loss(dl.crossentropy(Y, np.eye(10)[:, classes]), 2.334333789, rtol=1e-9)


def test_multilabel_crossentropy_by_hand():
    Y, targets = dl.dlarray([0.9, 0.2], "C"), dl.dlarray([1.0, 0.0], "C")
    loss = dl.crossentropy(Y, targets, ClassificationMode="multilabel")
    assert_loss(loss, 0.328504067, rtol=1e-8)


# -- modes and normalization
# ------------------------------------------------------------------------------------------------

LAYOUTS = [("CB", (3, 5), 5), ("CBT", (3, 5, 7), 5), ("SCB", (2, 3, 5), 5), ("CT", (3, 7), 1)]
each_layout = pytest.mark.parametrize(
    ("fmt", "shape", "n_batch"), LAYOUTS, ids=[layout[0] for layout in LAYOUTS]
)


@each_layout
@pytest.mark.parametrize("elements", [single_label, multilabel])
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_every_layout_is_divided_by_the_batch_size(fmt, shape, n_batch, elements, dtype, rng):
    y, t = probabilities(rng, *shape).astype(dtype), rng.uniform(0, 1, shape).astype(dtype)
    mode = elements.__name__.replace("_", "-")
    loss = dl.crossentropy(dl.dlarray(y, fmt), dl.dlarray(t, fmt), ClassificationMode=mode)
    assert loss.dtype == dtype
    expected = elements(y.astype(float), t.astype(float)).sum() / n_batch
    assert_loss(loss, expected, rtol=10 * TOLERANCES[dtype])


@pytest.mark.parametrize(
    ("options", "elements"),
    [
        ({"TargetCategories": "exclusive"}, single_label),
        ({"TargetCategories": "independent"}, multilabel),
        ({"TargetCategories": "Independent"}, multilabel),
        ({"ClassificationMode": "Single-Label"}, single_label),
    ],
    ids=["exclusive", "independent", "capital letters", "mode"],
)
def test_names_of_the_mode(options, elements, rng):
    y, t = probabilities(rng, 3, 5), one_hot(rng, 3, 5)
    assert_loss(dl.crossentropy(dl.dlarray(y, "CB"), t, **options), elements(y, t).sum() / 5)


@pytest.mark.parametrize(
    ("factor", "n"),
    [("batch-size", 5), ("all-elements", 105), ("mask-included", 105), ("none", 1), ("NONE", 1)],
)
def test_normalization_factors(factor, n, rng):
    y, t = probabilities(rng, 3, 5, 7), one_hot(rng, 3, 5, 7)
    loss = dl.crossentropy(dl.dlarray(y, "CBT"), t, NormalizationFactor=factor)
    assert_loss(loss, single_label(y, t).sum() / n)


@pytest.mark.parametrize("factor", ["batch-size", "none"])
def test_no_reduction_returns_the_elements(factor, rng):
    y, t = probabilities(rng, 2, 3, 5), one_hot(rng, 2, 3, 5)
    Y = dl.dlarray(y, "SCB")
    loss = dl.crossentropy(Y, t, Reduction="none", NormalizationFactor=factor)
    assert dl.dims(loss) == "SCB"
    np.testing.assert_allclose(loss.extractdata(), single_label(y, t))


# -- targets, masks, weights
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [np.asarray, dl.dlarray, lambda t: dl.dlarray(t.T, "BC"), lambda t: t.astype(int), list],
    ids=["array", "unformatted", "formatted", "integers", "list"],
)
def test_forms_of_the_targets(kind, rng):
    y, t = probabilities(rng, 3, 5), one_hot(rng, 3, 5)
    assert_loss(dl.crossentropy(dl.dlarray(y, "CB"), kind(t)), single_label(y, t).sum() / 5)


@pytest.mark.parametrize(
    ("shape", "fmt", "wide"),
    [
        ((3, 5, 7), "CBT", (3, 5, 7)),
        ((1, 5, 7), "CBT", (1, 5, 7)),
        ((5, 7), "BT", (1, 5, 7)),
        ((3, 7), "CT", (3, 1, 7)),
        ((5,), "B", (1, 5, 1)),
        ((3, 5, 7), "", (3, 5, 7)),
        ((1, 5, 7), "", (1, 5, 7)),
        ((1, 5), "", (1, 5, 1)),
    ],
    ids=["CBT", "singleton C", "BT", "CT", "B", "elements", "steps", "observations"],
)
@pytest.mark.parametrize("factor", ["batch-size", "mask-included"])
@pytest.mark.parametrize("dtype", ["?", "f8"])
def test_masks_are_matched_by_label_or_position(shape, fmt, wide, factor, dtype, rng):
    y, t = probabilities(rng, 3, 5, 7), one_hot(rng, 3, 5, 7)
    mask = (rng.uniform(size=shape) < 0.7).astype(dtype)
    full = np.broadcast_to(mask.reshape(wide), y.shape)
    n = 5 if factor == "batch-size" else full.sum()
    Mask = dl.dlarray(mask, fmt) if fmt else mask
    loss = dl.crossentropy(dl.dlarray(y, "CBT"), t, Mask=Mask, NormalizationFactor=factor)
    assert_loss(loss, (full * single_label(y, t)).sum() / n)


@pytest.mark.parametrize(
    ("shape", "weights", "options"),
    [
        ((3, 1), lambda w: w, {}),
        ((3, 1), lambda w: w.ravel(), {}),
        ((3, 1), lambda w: dl.dlarray(w, "C"), {}),
        ((3, 1), lambda w: w.ravel(), {"WeightsFormat": "C"}),
        ((3, 1), lambda w: w.T, {"WeightsFormat": "UC"}),
        ((1, 5), lambda w: w, {}),
        ((1, 5), lambda w: dl.dlarray(w.ravel(), "B"), {}),
        ((1, 5), lambda w: w.ravel(), {"WeightsFormat": "B"}),
        ((3, 5), lambda w: w, {}),
        ((3, 5), lambda w: w.T, {"WeightsFormat": "BC"}),
    ],
    ids=[
        "classes",
        "vector",
        "C",
        "C option",
        "UC option",
        "observations",
        "B",
        "B option",
        "elements",
        "BC option",
    ],
)
def test_weights_are_matched_by_label_or_position(shape, weights, options, rng):
    y, t, w = probabilities(rng, 3, 5), one_hot(rng, 3, 5), rng.uniform(0, 1, shape)
    loss = dl.crossentropy(dl.dlarray(y, "CB"), t, weights(w), **options)
    assert_loss(loss, (w * single_label(y, t)).sum() / 5)


# -- unformatted data
# ------------------------------------------------------------------------------------------------


@relaxed
@given(st.permutations("CBT"), st.sampled_from(["array", "dlarray"]))
def test_unformatted_data_in_any_order(order, kind):
    rng = np.random.default_rng(0)
    y, t, w = probabilities(rng, 3, 5, 7), one_hot(rng, 3, 5, 7), rng.uniform(0, 1, (3, 5, 7))
    mask = rng.integers(0, 2, (3, 5, 7))
    axes = ["CBT".index(label) for label in order]
    make = dl.dlarray if kind == "dlarray" else np.asarray
    loss = dl.crossentropy(
        make(y.transpose(axes)),
        t.transpose(axes),
        w.transpose(axes),
        Mask=mask.transpose(axes),
        DataFormat="".join(order),
    )
    assert_loss(loss, (w * mask * single_label(y, t)).sum() / 5)


def test_unformatted_square_data_are_not_mixed_up(rng):
    y, t = probabilities(rng, 3, 3), one_hot(rng, 3, 3)
    assert_loss(dl.crossentropy(y.T, t.T, DataFormat="BC"), single_label(y, t).sum() / 3)


def test_no_reduction_of_unformatted_data_keeps_their_order(rng):
    y, t = probabilities(rng, 3, 5), one_hot(rng, 3, 5)
    loss = dl.crossentropy(y.T, dl.dlarray(t, "CB"), DataFormat="BC", Reduction="none")
    assert (dl.dims(loss), loss.shape) == ("", (5, 3))
    np.testing.assert_allclose(loss.extractdata(), single_label(y, t).T)


# -- edges
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("mode", ["single-label", "multilabel"])
def test_certain_and_wrong_predictions_have_a_finite_loss(mode, dtype):
    Y = dl.dlarray(np.array([[0, 1], [1, 0]], dtype), "CB")

    def loss_and_slope(y):
        loss = dl.crossentropy(y, np.eye(2), ClassificationMode=mode)
        return loss, dl.dlgradient(loss, y)

    loss, slope = dl.dlfeval(loss_and_slope, Y)
    right = dl.dlfeval(loss_and_slope, dl.dlarray(np.eye(2, dtype=dtype), "CB"))
    assert np.isfinite(loss.item()) and loss.item() > 80
    assert np.isfinite(slope.extractdata()).all()
    assert right[0].item() == 0
    assert np.isfinite(right[1].extractdata()).all()


def test_nan_goes_through():
    assert np.isnan(dl.crossentropy(dl.dlarray([np.nan, 1.0], "C"), [1.0, 0.0]).item())


def test_masked_observations_do_not_count(rng):
    y, t = probabilities(rng, 3, 5), one_hot(rng, 3, 5)
    mask = np.ones((1, 5))
    mask[0, 2] = 0
    loss = dl.crossentropy(dl.dlarray(y, "CB"), t, Mask=mask, NormalizationFactor="mask-included")
    assert_loss(loss, (mask * single_label(y, t)).sum() / 12)


@pytest.mark.parametrize("factor", ["all-elements", "batch-size"])
def test_an_empty_batch_gives_nan(factor):
    Y = dl.dlarray(np.ones((3, 0)), "CB")
    assert np.isnan(dl.crossentropy(Y, np.ones((3, 0)), NormalizationFactor=factor).item())


@pytest.mark.parametrize("mode", ["single-label", "multilabel"])
@pytest.mark.parametrize(("fmt", "shape"), [("CB", (3, 5)), ("SCBT", (2, 3, 5, 7))])
def test_gradients(mode, fmt, shape, rng):
    Y, T, w = (dl.dlarray(probabilities(rng, *shape), fmt) for _ in range(3))
    checkGradients(lambda *xs: dl.crossentropy(*xs, ClassificationMode=mode), Y, T, w)


def test_gradients_with_a_mask_and_without_reduction(rng):
    Y, T = (dl.dlarray(probabilities(rng, 3, 5)) for _ in range(2))
    mask = rng.integers(0, 2, (1, 5))
    checkGradients(
        lambda y, t: dl.crossentropy(y, t, Mask=mask, Reduction="none", DataFormat="CB"), Y, T
    )


def test_the_gradient_through_softmax_is_prediction_minus_target(rng):
    x, t = rng.standard_normal((3, 5)), one_hot(rng, 3, 5)

    def slope(x):
        y = dl.softmax(x)
        return y, dl.dlgradient(dl.crossentropy(y, t), x)

    y, slopes = dl.dlfeval(slope, dl.dlarray(x, "CB"))
    np.testing.assert_allclose(slopes.extractdata(), (y.extractdata() - t) / 5, atol=1e-12)


# -- errors
# ------------------------------------------------------------------------------------------------

Y = dl.dlarray(np.full((3, 5), 0.5), "CB")
T = np.ones((3, 5))


@pytest.mark.parametrize(
    ("targets", "text"),
    [
        (np.ones((3, 7)), r"targets: 3×7 \(unformatted\)"),
        (np.ones(5), r"targets: 5×1 \(unformatted\)"),
        (np.ones((3, 5, 2)), r"targets: 3×5×2 \(unformatted\)"),
        (dl.dlarray(T, "CT"), r"targets: 3\(C\) × 5\(T\)"),
        (dl.dlarray(np.ones((5, 3)), "CB"), r"targets: 5\(C\) × 3\(B\)"),
    ],
    ids=["sizes", "indices", "3-D", "labels", "transposed"],
)
def test_targets_of_another_size_are_described(targets, text):
    text = (
        r"crossentropy: predictions and targets differ in size\.\n  Y:       3\(C\) × 5\(B\)\n  "
        rf"{text}\nEncode labels with onehotencode along the C dimension"
    )
    with pytest.raises(dl.ShapeError, match=text):
        dl.crossentropy(Y, targets)


@pytest.mark.parametrize("name", ["weights", "Mask"])
def test_weights_and_masks_do_not_add_dimensions(name):
    text = (
        rf"crossentropy: {name} must expand to the size of Y.\n  Y: 3\(C\) × 5\(B\)\n  {name}: "
        r"3×5×2 \(unformatted\)"
    )
    options: dict[str, Any] = {name: np.ones((3, 5, 2))}
    with pytest.raises(dl.ShapeError, match=text):
        dl.crossentropy(Y, T, **options)


@pytest.mark.parametrize("name", ["weights", "Mask"])
def test_weights_and_masks_that_do_not_fit_name_the_function(name):
    options: dict[str, Any] = {name: np.ones((3, 2))}
    with pytest.raises(dl.ShapeError, match=f"crossentropy: .*{name}"):
        dl.crossentropy(Y, T, **options)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"ClassificationMode": "multi"},
            'ClassificationMode must be one of "single-label", "multilabel"; got \'multi\'',
        ),
        (
            {"TargetCategories": "multi"},
            'TargetCategories must be one of "exclusive", "independent"; got \'multi\'',
        ),
        ({"Reduction": "mean"}, 'Reduction must be one of "sum", "none"; got \'mean\''),
        (
            {"NormalizationFactor": "batch"},
            'NormalizationFactor must be one of "batch-size", "all-elements", "mask-included"',
        ),
    ],
    ids=["mode", "categories", "reduction", "factor"],
)
def test_wrong_options_are_errors(options, text):
    with pytest.raises(ValueError, match=f"crossentropy: {text}"):
        dl.crossentropy(Y, T, **options)


def test_the_normalization_factor_is_checked_without_reduction():
    with pytest.raises(ValueError, match="NormalizationFactor must be one of"):
        dl.crossentropy(Y, T, Reduction="none", NormalizationFactor="batch")


@pytest.mark.parametrize(
    ("X", "options", "text"),
    [
        (T, {}, r"Y must be a formatted dlarray; got 3×5 \(unformatted\).* DataFormat"),
        (Y, {"DataFormat": "BC"}, 'Y is "CB" already; DataFormat="BC" is for unformatted data'),
        (dl.dlarray(T, "SB"), {}, r"needs a C dimension; got 3\(S\) × 5\(B\)"),
    ],
    ids=["unformatted", "twice", "no C"],
)
def test_wrong_labels_are_errors(X, options, text):
    with pytest.raises(dl.FormatError, match=f"crossentropy: {text}"):
        dl.crossentropy(X, T, **options)


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((Y > 1, T), {}, "logical data not supported"),
        ((Y, "a"), {}, "targets: data of type <U1"),
        ((Y, T, "a"), {}, "weights: data of type <U1"),
        ((Y, T), {"Mask": "a"}, "Mask: data of type <U1"),
    ],
    ids=["logical", "targets", "weights", "Mask"],
)
def test_wrong_types_are_errors(arguments, options, text):
    with pytest.raises(TypeError, match=f"crossentropy: {text}"):
        dl.crossentropy(*arguments, **options)
