"""`fullyconnect`: a weighted sum over S and C."""

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.testing import TOLERANCES, checkGradients
from tests.golden import rand
from tests.holds import assert_near

relaxed = settings(deadline=None)

SIZES = {"S": 2, "C": 3, "B": 5, "T": 7, "U": 4}
OUTPUTS = 11


def data(fmt, rng, dtype=np.float64):
    return rng.standard_normal([SIZES[label] for label in fmt]).astype(dtype)


def inputs(fmt):
    return prod(SIZES[label] for label in fmt if label in "SC")


def reference(x, fmt, w, b):
    """W x + b for canonical x, its S and C elements in column-major order."""
    inner = sum(label in "SC" for label in fmt)
    flat = x.astype(float).reshape(prod(x.shape[:inner]), *x.shape[inner:], order="F")
    w = w.astype(float).reshape(len(w), -1, order="F")
    return np.tensordot(w, flat, 1) + b.astype(float).reshape(-1, *[1] * (flat.ndim - 1))


def test_fullyconnect_of_known_random_numbers():
    X = dl.dlarray(rand(12, 12, 32, 1), "SSCB")
    Y = dl.fullyconnect(X, np.ones((10, 12, 12, 32)), np.ones((10, 1)))
    assert (dl.dims(Y), Y.shape) == ("CB", (10, 1))
    np.testing.assert_allclose(Y.extractdata(), 2326.586415, rtol=1e-9)


LAYOUTS = [
    ("CB", "CB"),
    ("CBT", "CBT"),
    ("CT", "CT"),
    ("SCB", "CB"),
    ("SSCB", "CB"),
    ("SCBT", "CBT"),
    ("SCT", "CT"),
    ("SC", "CU"),
    ("CU", "CU"),
    ("CBU", "CBU"),
    ("SCBTU", "CBTU"),
]
each_layout = pytest.mark.parametrize(("fmt", "result"), LAYOUTS, ids=[fmt for fmt, _ in LAYOUTS])


@each_layout
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_every_layout_matches_the_reference(fmt, result, dtype, rng):
    x = data(fmt, rng, dtype)
    w = rng.standard_normal((OUTPUTS, inputs(fmt))).astype(dtype)
    b = rng.standard_normal((OUTPUTS, 1)).astype(dtype)
    expected = reference(x, fmt, w, b)
    Y = dl.fullyconnect(dl.dlarray(x, fmt), w, b)
    assert Y.dtype == dtype
    atol = TOLERANCES[dtype] * (np.abs(x).max() * np.abs(w).sum(1).max() + 1)
    assert_near(Y, result, expected.reshape(Y.shape), atol)
    assert Y.shape == expected.shape + (1,) * (2 - expected.ndim)


@each_layout
def test_gradients_of_every_layout(fmt, result, rng):
    X = dl.dlarray(data(fmt, rng), fmt)
    W = dl.dlarray(rng.standard_normal((OUTPUTS, inputs(fmt))))
    b = dl.dlarray(rng.standard_normal((OUTPUTS, 1)))
    checkGradients(lambda x, w, b: dl.fullyconnect(x, w, b) ** 2, X, W, b)


def test_one_observation_stays_a_batch():
    Y = dl.fullyconnect(dl.dlarray(np.ones((3, 1)), "CB"), np.ones((2, 3)))
    assert_near(Y, "CB", [[3], [3]])


def test_a_vector_of_channels():
    Y = dl.fullyconnect(dl.dlarray([1.0, 2.0, 3.0], "C"), np.ones((2, 3)), [10, 20])
    assert_near(Y, "CU", [[16], [26]])


@pytest.mark.parametrize("shape", [(OUTPUTS, 2, 2, 3), (OUTPUTS, 12), (OUTPUTS, 4, 3)], ids=str)
def test_weights_may_have_the_dimensions_of_the_data(shape, rng):
    x, w = rng.standard_normal((2, 2, 3, 5)), rng.standard_normal(shape)
    b = np.zeros(OUTPUTS)
    Y = dl.fullyconnect(dl.dlarray(x, "SSCB"), w, b)
    assert_near(Y, "CB", reference(x, "SSCB", w, b))


@pytest.mark.parametrize(
    ("axes", "fmt"),
    [((1, 0), "UC"), ((0, 1), "CU"), ((1, 2, 3, 0), "SSUC"), ((0, 1, 2, 3), "CSSU")],
    ids=["UC", "CU", "SSUC", "CSSU"],
)
@pytest.mark.parametrize("kind", ["option", "labels"])
def test_labels_of_weights(axes, fmt, kind, rng):
    x, w = rng.standard_normal((2, 2, 3, 5)), rng.standard_normal((OUTPUTS, 2, 2, 3))
    expected = reference(x, "SSCB", w, np.zeros(OUTPUTS))
    shaped = w if len(axes) == 4 else w.reshape(OUTPUTS, 12, order="F")
    moved = shaped.transpose(axes)
    X = dl.dlarray(x, "SSCB")
    if kind == "option":
        Y = dl.fullyconnect(X, moved, WeightsFormat=fmt)
    else:
        Y = dl.fullyconnect(X, dl.dlarray(moved, fmt))
    assert_near(Y, "CB", expected)


@pytest.mark.parametrize(
    "bias",
    [
        None,
        0,
        np.zeros(0),
        np.zeros(OUTPUTS),
        np.zeros((1, OUTPUTS)),
        dl.dlarray(np.zeros(11), "C"),
    ],
    ids=["None", "0", "empty", "vector", "row", "dlarray"],
)
def test_forms_of_no_bias(bias, rng):
    x, w = data("CB", rng), rng.standard_normal((OUTPUTS, 3))
    assert_near(dl.fullyconnect(dl.dlarray(x, "CB"), w, bias), "CB", w @ x)


@relaxed
@given(st.permutations("SCBT"), st.booleans())
def test_unformatted_data_keep_the_order_of_their_format(order, plain):
    rng = np.random.default_rng(0)
    x, w, b = data("SCBT", rng), rng.standard_normal((OUTPUTS, 6)), rng.standard_normal(OUTPUTS)
    expected = reference(x, "SCBT", w, b)
    moved = x.transpose(["SCBT".index(label) for label in order])
    Y = dl.fullyconnect(moved if plain else dl.dlarray(moved), w, b, DataFormat="".join(order))
    kept = [label for label in order if label != "S"]
    assert_near(Y, "", expected.transpose(["CBT".index(label) for label in kept]))


def test_gradients_of_unformatted_data(rng):
    X, W = dl.dlarray(data("BTC", rng)), dl.dlarray(rng.standard_normal((OUTPUTS, 3)))
    checkGradients(lambda x, w: dl.fullyconnect(x, w, DataFormat="BTC"), X, W)


@pytest.mark.parametrize(("x_type", "w_type"), [("f4", "f8"), ("f8", "f4")])
def test_single_wins(x_type, w_type, rng):
    X, w = dl.dlarray(data("CB", rng, x_type), "CB"), rng.standard_normal((2, 3)).astype(w_type)
    assert dl.fullyconnect(X, w).dtype == np.float32


@pytest.mark.parametrize(
    ("shape", "outputs"), [((0, 5), 2), ((3, 0), 2), ((3, 5), 0)], ids=["C", "B", "outputs"]
)
def test_sizes_of_0(shape, outputs):
    Y = dl.fullyconnect(
        dl.dlarray(np.ones(shape), "CB"), np.ones((outputs, shape[0])), np.full(outputs, 0.5)
    )
    assert_near(Y, "CB", np.full((outputs, shape[1]), shape[0] + 0.5))


def test_a_row_does_not_depend_on_other_rows(rng):
    x, w = data("CB", rng), rng.standard_normal((OUTPUTS, 3))
    x[:, 2] = np.nan
    Y = dl.fullyconnect(dl.dlarray(x, "CB"), w).extractdata()
    np.testing.assert_array_equal(np.isnan(Y).any(axis=0), [False, False, True, False, False])


# -- errors
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fmt", "shape", "text"),
    [
        (
            "CB",
            (2, 4),
            r"\n  X:       3\(C\) × 5\(B\), 3 inputs an observation\n  weights: 2×4 \(unf",
        ),
        (
            "SCB",
            (2, 3),
            r"\n  X:       2\(S\) × 3\(C\) × 5\(B\), 6 inputs an observation\n  weights: 2×3",
        ),
        ("SCB", (2, 5), r".* weights: 2×5 \(unformatted\)\nGive unformatted weights of size 2×6"),
    ],
    ids=["C", "S and C", "advice"],
)
def test_weights_that_do_not_fit_are_described(fmt, shape, text, rng):
    with pytest.raises(dl.ShapeError, match=rf"(?s)fullyconnect: the weights do not fit.*{text}"):
        dl.fullyconnect(dl.dlarray(data(fmt, rng), fmt), np.ones(shape))


def test_labels_of_weights_need_c(rng):
    text = (
        r"fullyconnect: labels of weights are C for the outputs and S or U for the inputs; got "
        r"3\(S\) × 2\(U\)\. Use stripdims"
    )
    with pytest.raises(dl.FormatError, match=text):
        dl.fullyconnect(dl.dlarray(data("CB", rng), "CB"), dl.dlarray(np.ones((3, 2)), "SU"))


def test_weights_are_not_labelled_twice(rng):
    text = 'fullyconnect: weights are "CU" already; WeightsFormat="UC" is for unformatted data'
    with pytest.raises(dl.FormatError, match=text):
        dl.fullyconnect(
            dl.dlarray(data("CB", rng), "CB"), dl.dlarray(np.ones((2, 3)), "CU"), WeightsFormat="UC"
        )


@pytest.mark.parametrize("size", [3, 12])
def test_a_bias_has_one_number_an_output(size, rng):
    text = rf"fullyconnect: bias must have 11 elements, one an output; got {size}×1"
    with pytest.raises(dl.ShapeError, match=text):
        dl.fullyconnect(dl.dlarray(data("CB", rng), "CB"), np.ones((OUTPUTS, 3)), np.ones(size))


def test_unformatted_data_need_labels(rng):
    text = (
        r"fullyconnect: X must be a formatted dlarray; got 3×5 \(unformatted\)\. .* give DataForm"
    )
    with pytest.raises(dl.FormatError, match=text):
        dl.fullyconnect(data("CB", rng), np.ones((2, 3)))


def test_formatted_data_take_no_other_labels(rng):
    with pytest.raises(dl.FormatError, match='X is "CB" already; DataFormat="BC" is for unformat'):
        dl.fullyconnect(dl.dlarray(data("CB", rng), "CB"), np.ones((2, 3)), DataFormat="BC")


def test_logical_data_are_an_error(rng):
    with pytest.raises(TypeError, match="fullyconnect: logical data not supported"):
        dl.fullyconnect(dl.dlarray(data("CB", rng) > 0, "CB"), np.ones((2, 3)))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [(("w",), "weights: data of type <U1"), ((np.ones((2, 3)), "b"), "bias: data of type <U1")],
    ids=["weights", "bias"],
)
def test_wrong_types_are_errors(arguments, text, rng):
    with pytest.raises(TypeError, match=f"fullyconnect: {text}"):
        dl.fullyconnect(dl.dlarray(data("CB", rng), "CB"), *arguments)
