"""`layernorm`."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray import tape
from dlarray.testing import TOLERANCES, checkGradients
from tests import naive
from tests.holds import assert_near

relaxed = settings(deadline=None)

SIZES = {"C": 3, "B": 5, "T": 7, "U": 2}
MODES = {"channel-only": "C", "spatial-channel": "SC", "batch-excluded": "SCTU"}


def data(fmt, rng, dtype=np.float64):
    spatial = iter((4, 6))
    sizes = [next(spatial) if label == "S" else SIZES[label] for label in fmt]
    return rng.standard_normal(sizes).astype(dtype)


def parameters(rng, dtype=np.float64):
    return rng.standard_normal(3).astype(dtype), rng.standard_normal(3).astype(dtype)


def axes(fmt, mode):
    if mode == "auto":
        mode = "batch-excluded" if fmt.count("S") > 1 else "channel-only"
    return tuple(axis for axis, label in enumerate(fmt) if label in MODES[mode])


def test_golden_numbers():
    Y = dl.layernorm(dl.dlarray([1.0, 2, 4], "C"), np.zeros(3), np.ones(3))
    assert_near(Y, "CU", [[-1.069042], [-0.267260], [1.336302]], atol=1e-6)


each_layout = pytest.mark.parametrize("fmt", ["CB", "CBT", "SCB", "SCBT", "SSCB", "CU", "SSCBU"])
each_mode = pytest.mark.parametrize("mode", ["auto", *MODES])


@each_layout
@each_mode
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_every_layout_and_mode_matches_the_reference(fmt, mode, dtype, rng):
    x, (offset, scale) = data(fmt, rng, dtype), parameters(rng, dtype)
    Y = dl.layernorm(dl.dlarray(x, fmt), offset, scale, OperationDimension=mode)
    assert Y.dtype == dtype
    expected = naive.layernorm(x, axes(fmt, mode), fmt.index("C"), offset, scale)
    assert_near(Y, fmt, expected, atol=10 * TOLERANCES[dtype])


@each_layout
@each_mode
def test_gradients_of_every_layout_and_mode(fmt, mode, rng):
    X = dl.dlarray(data(fmt, rng), fmt)
    offset, scale = (dl.dlarray(p) for p in parameters(rng))
    checkGradients(lambda *xs: dl.layernorm(*xs, OperationDimension=mode), X, offset, scale)


@pytest.mark.parametrize("wanted", range(3), ids=["X", "offset", "scaleFactor"])
@pytest.mark.parametrize("mode", MODES)
def test_second_derivatives(wanted, mode, rng):
    def slope(*xs):
        y = dl.layernorm(*xs, OperationDimension=mode)
        return dl.dlgradient(dl.sum(y**3, "all"), xs[wanted], EnableHigherDerivatives=True)

    X = dl.dlarray(data("SCBT", rng), "SCBT")
    offset, scale = (dl.dlarray(p) for p in parameters(rng))
    checkGradients(
        lambda *xs: slope(*xs) if tape.current_tape() else dl.dlfeval(slope, *xs), X, offset, scale
    )


def test_gradients_at_large_values_of_epsilon_and_mean(rng):
    X = dl.dlarray(100 + data("CBT", rng), "CBT")
    offset, scale = (dl.dlarray(p) for p in parameters(rng))
    checkGradients(lambda *xs: dl.layernorm(*xs, Epsilon=0.5), X, offset, scale)


def test_epsilon(rng):
    x = data("CB", rng)
    Y = dl.layernorm(dl.dlarray(x, "CB"), np.zeros(3), np.ones(3), Epsilon=0.5)
    assert_near(Y, "CB", naive.layernorm(x, (0,), 0, np.zeros(3), np.ones(3), 0.5))


@pytest.mark.parametrize("mode", ["Channel-Only", "CHANNEL-ONLY"])
def test_upper_and_lower_case_do_not_matter(mode, rng):
    x = data("SCB", rng)
    Y = dl.layernorm(dl.dlarray(x, "SCB"), np.zeros(3), np.ones(3), OperationDimension=mode)
    assert_near(Y, "SCB", naive.layernorm(x, (1,), 1, np.zeros(3), np.ones(3)))


@pytest.mark.parametrize(("shape", "fmt"), [((3,), ""), ((3, 1), "CB"), ((1, 3), ""), ((3,), "C")])
def test_forms_of_the_parameters(shape, fmt, rng):
    x, (offset, scale) = data("CB", rng), parameters(rng)
    given = [dl.dlarray(p.reshape(shape), fmt) for p in (offset, scale)]
    expected = naive.layernorm(x, (0,), 0, offset, scale)
    assert_near(dl.layernorm(dl.dlarray(x, "CB"), *given), "CB", expected)


@relaxed
@given(st.permutations("SCBT"), st.sampled_from(list(MODES)))
def test_permuting_the_format_permutes_the_result(order, mode):
    rng = np.random.default_rng(0)
    x, (offset, scale) = data("SCBT", rng), parameters(rng)
    moved = x.transpose(["SCBT".index(label) for label in order])
    fmt = "".join(order)
    Y = dl.layernorm(moved, offset, scale, DataFormat=fmt, OperationDimension=mode)
    assert_near(Y, "", naive.layernorm(moved, axes(fmt, mode), fmt.index("C"), offset, scale))


@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_constant_channels_give_the_offset(dtype):
    X = dl.dlarray(np.full((3, 5), 7, dtype), "CB")
    Y = dl.layernorm(X, np.full(3, 0.5), np.ones(3))
    assert_near(Y, "CB", np.full((3, 5), 0.5))


def test_large_means_keep_their_digits(rng):
    x = data("CBT", rng, np.float32) + np.float32(1000)
    Y = dl.layernorm(dl.dlarray(x, "CBT"), np.zeros(3), np.ones(3))
    assert_near(Y, "CBT", naive.layernorm(x, (0,), 0, np.zeros(3), np.ones(3)), atol=1e-3)


def test_an_observation_does_not_depend_on_others(rng):
    x = data("CB", rng)
    x[1, 2] = np.nan
    Y = dl.layernorm(dl.dlarray(x, "CB"), np.zeros(3), np.ones(3)).extractdata()
    np.testing.assert_array_equal(np.isnan(Y).all(axis=0), [False, False, True, False, False])
    np.testing.assert_array_equal(np.isnan(Y).any(axis=0), [False, False, True, False, False])


@pytest.mark.parametrize(("x_type", "p_type"), [("f4", "f8"), ("f8", "f4")])
def test_single_wins(x_type, p_type, rng):
    Y = dl.layernorm(dl.dlarray(data("CB", rng, x_type), "CB"), *parameters(rng, p_type))
    assert Y.dtype == np.float32


@pytest.mark.parametrize("shape", [(3, 0), (0, 5)], ids=str)
def test_arrays_without_elements(shape):
    p = np.ones((shape[0], 1))
    assert_near(dl.layernorm(dl.dlarray(np.ones(shape), "CB"), p, p), "CB", np.ones(shape))


@pytest.mark.parametrize("name", ["offset", "scaleFactor"])
def test_parameters_have_one_number_a_channel(name, rng):
    given: dict[str, Any] = {"offset": np.ones(3), "scaleFactor": np.ones(3), name: np.ones(2)}
    text = rf"layernorm: {name} must have one element for each of 3 channels; got 2×1"
    with pytest.raises(dl.ShapeError, match=text):
        dl.layernorm(dl.dlarray(data("CB", rng), "CB"), **given)


@pytest.mark.parametrize("epsilon", [0, -1, np.nan, np.inf, "a"], ids=str)
def test_epsilon_is_positive(epsilon, rng):
    text = rf"layernorm: Epsilon must be a number, above 0 and finite; got {epsilon!r}"
    with pytest.raises(ValueError, match=text):
        dl.layernorm(dl.dlarray(data("CB", rng), "CB"), np.ones(3), np.ones(3), Epsilon=epsilon)


def test_an_unknown_mode_is_an_error(rng):
    text = (
        'layernorm: OperationDimension must be one of "auto", "channel-only", "spatial-channel", '
        "\"batch-excluded\"; got 'all'"
    )
    with pytest.raises(ValueError, match=text):
        dl.layernorm(
            dl.dlarray(data("CB", rng), "CB"), np.ones(3), np.ones(3), OperationDimension="all"
        )


@pytest.mark.parametrize(
    ("X", "error", "text"),
    [
        (dl.dlarray(np.ones((4, 5)), "SB"), dl.FormatError, r"needs a C dimension; got 4\(S\) × 5"),
        (np.ones((3, 5)), dl.FormatError, r"X must be a formatted dlarray; got 3×5"),
        (dl.dlarray(np.ones((3, 5)) > 0, "CB"), TypeError, "logical data not supported"),
    ],
    ids=["no C", "unformatted", "logical"],
)
def test_wrong_data_are_errors(X, error, text):
    with pytest.raises(error, match=f"layernorm: {text}"):
        dl.layernorm(X, np.ones(3), np.ones(3))


def test_wrong_parameter_types_are_errors(rng):
    with pytest.raises(TypeError, match="layernorm: offset: data of type <U1 are not possible"):
        dl.layernorm(dl.dlarray(data("CB", rng), "CB"), "a", np.ones(3))
