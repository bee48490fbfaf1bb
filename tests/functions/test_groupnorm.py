"""`groupnorm` and `instancenorm`: formats, groups, gradients, errors."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.testing import TOLERANCES, checkGradients
from tests import naive
from tests.holds import assert_near

relaxed = settings(deadline=None)

SIZES = {"C": 6, "B": 5, "T": 7, "U": 3}
GROUPS: dict[Any, int] = {1: 1, 2: 2, 3: 3, 6: 6, "all-channels": 1, "Channel-Wise": 6}
each_layout = pytest.mark.parametrize("fmt", ["CT", "CBT", "SCB", "SCBT", "SSCB", "CU", "SSCBU"])
each_grouping = pytest.mark.parametrize("groups", GROUPS, ids=str)
both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)


def data(fmt, rng, dtype=np.float64):
    spatial = iter((4, 2))
    sizes = [next(spatial) if label == "S" else SIZES[label] for label in fmt]
    return rng.standard_normal(sizes).astype(dtype)


def parameters(rng, dtype=np.float64) -> Any:
    return [rng.standard_normal(6).astype(dtype) for _ in range(2)]


def inner(fmt):
    return tuple(axis for axis, label in enumerate(fmt) if label in "STU")


@each_layout
@each_grouping
@both_types
def test_every_layout_and_grouping_matches_the_reference(fmt, groups, dtype, rng):
    x, vectors = data(fmt, rng, dtype), parameters(rng, dtype)
    Y = dl.groupnorm(dl.dlarray(x, fmt), groups, *vectors)
    assert Y.dtype == dtype
    want = naive.groupnorm(x, inner(fmt), fmt.index("C"), GROUPS[groups], *vectors)
    assert_near(Y, fmt, want, atol=20 * TOLERANCES[dtype])


@each_layout
def test_instancenorm_is_groupnorm_by_channel(fmt, rng):
    x, (offset, scale) = data(fmt, rng), parameters(rng)
    Y = dl.instancenorm(dl.dlarray(x, fmt), offset, scale, Epsilon=0.1)
    want = naive.groupnorm(x, inner(fmt), fmt.index("C"), 6, offset, scale, 0.1)
    assert_near(Y, fmt, want)


def test_groups_of_features(rng):
    x, vectors = data("CB", rng), parameters(rng)
    Y = dl.groupnorm(dl.dlarray(x, "CB"), 2, *vectors)
    assert_near(Y, "CB", naive.groupnorm(x, (), 0, 2, *vectors))


@both_types
def test_one_value_a_channel_gives_the_offset(dtype, rng):
    X, (offset, scale) = dl.dlarray(data("CB", rng, dtype), "CB"), parameters(rng, dtype)
    Y = dl.instancenorm(X, offset, scale)
    assert_near(Y, "CB", np.broadcast_to(offset[:, None], (6, 5)), atol=0)


@relaxed
@given(st.permutations("SCBT"), st.sampled_from([1, 2, 6]))
def test_permuting_the_format_permutes_the_result(order, groups):
    rng = np.random.default_rng(0)
    x, vectors = data("SCBT", rng), parameters(rng)
    moved = x.transpose(["SCBT".index(label) for label in order])
    fmt = "".join(order)
    Y = dl.groupnorm(moved, groups, *vectors, DataFormat=fmt)
    assert_near(Y, "", naive.groupnorm(moved, inner(fmt), fmt.index("C"), groups, *vectors))


def test_an_observation_does_not_depend_on_others(rng):
    x, vectors = data("CBT", rng), parameters(rng)
    x[1, 2, 3] = np.nan
    Y = dl.groupnorm(dl.dlarray(x, "CBT"), 3, *vectors).extractdata()
    spoilt = np.zeros(x.shape, bool)
    spoilt[0:2, 2] = True
    np.testing.assert_array_equal(np.isnan(Y), spoilt)


@pytest.mark.parametrize("shape", [(6, 0, 3), (6, 2, 0)], ids=str)
def test_arrays_without_elements(shape, rng):
    X, vectors = dl.dlarray(np.ones(shape), "CBT"), parameters(rng)
    assert_near(dl.groupnorm(X, 2, *vectors), "CBT", np.ones(shape))
    assert_near(dl.instancenorm(X, *vectors), "CBT", np.ones(shape))


def test_no_channels():
    X, empty = dl.dlarray(np.ones((0, 5)), "CB"), np.ones((0, 1))
    assert_near(dl.groupnorm(X, "channel-wise", empty, empty), "CB", np.ones((0, 5)))


@each_layout
@each_grouping
def test_gradients_of_every_layout_and_grouping(fmt, groups, rng):
    X = dl.dlarray(data(fmt, rng), fmt)
    vectors = [dl.dlarray(p) for p in parameters(rng)]
    checkGradients(lambda X, *p: dl.groupnorm(X, groups, *p, Epsilon=0.1), X, *vectors)


@pytest.mark.parametrize("groups", [4, 5, 7])
def test_groups_divide_the_channels(groups, rng):
    text = (
        rf"groupnorm: numGroups must divide the 6 channels of X; got {groups} for 6\(C\) × 5\(B\)"
    )
    with pytest.raises(dl.ShapeError, match=text):
        dl.groupnorm(dl.dlarray(data("CB", rng), "CB"), groups, *parameters(rng))


@pytest.mark.parametrize("groups", [0, -1, 1.5, None], ids=str)
def test_the_number_of_groups_is_a_positive_integer(groups, rng):
    text = f"groupnorm: numGroups must be a positive integer; got {groups!r}"
    with pytest.raises(ValueError, match=text):
        dl.groupnorm(dl.dlarray(data("CB", rng), "CB"), groups, *parameters(rng))


def test_an_unknown_grouping_is_an_error(rng):
    text = (
        'groupnorm: numGroups must be one of "all-channels", "channel-wise", or a positive '
        "integer; got 'all'"
    )
    with pytest.raises(ValueError, match=text):
        dl.groupnorm(dl.dlarray(data("CB", rng), "CB"), "all", *parameters(rng))


def grouped(X, *vectors, **options):
    return dl.groupnorm(X, 2, *vectors, **options)


FUNCTIONS = {"groupnorm": grouped, "instancenorm": dl.instancenorm}
each_function = pytest.mark.parametrize("name", FUNCTIONS)


@each_function
@pytest.mark.parametrize("place", [0, 1], ids=["offset", "scaleFactor"])
def test_parameters_have_one_number_a_channel(name, place, rng):
    vectors: list[Any] = parameters(rng)
    vectors[place] = np.ones(2)
    parameter = ("offset", "scaleFactor")[place]
    text = rf"{name}: {parameter} must have one element for each of 6 channels; got 2×1"
    with pytest.raises(dl.ShapeError, match=text):
        FUNCTIONS[name](dl.dlarray(data("CB", rng), "CB"), *vectors)


@each_function
@pytest.mark.parametrize("epsilon", [0, -1, np.nan, "a"], ids=str)
def test_epsilon_is_positive(name, epsilon, rng):
    text = rf"{name}: Epsilon must be a number, above 0 and finite; got {epsilon!r}"
    with pytest.raises(ValueError, match=text):
        FUNCTIONS[name](dl.dlarray(data("CB", rng), "CB"), *parameters(rng), Epsilon=epsilon)


@each_function
@pytest.mark.parametrize(
    ("X", "error", "text"),
    [
        (dl.dlarray(np.ones((4, 5)), "SB"), dl.FormatError, r"needs a C dimension; got 4\(S\) × 5"),
        (np.ones((3, 5)), dl.FormatError, r"X must be a formatted dlarray; got 3×5"),
        (dl.dlarray(np.ones((6, 5)) > 0, "CB"), TypeError, "logical data not supported"),
    ],
    ids=["no C", "unformatted", "logical"],
)
def test_wrong_data_are_errors(name, X, error, text, rng):
    with pytest.raises(error, match=f"{name}: {text}"):
        FUNCTIONS[name](X, *parameters(rng))
