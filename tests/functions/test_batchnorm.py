"""`batchnorm`: its four forms, formats, gradients, golden numbers, errors."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.testing import TOLERANCES, checkGradients
from tests import naive
from tests.holds import assert_near

relaxed = settings(deadline=None)

SIZES = {"C": 3, "B": 5, "T": 7, "U": 2}
each_layout = pytest.mark.parametrize(
    "fmt", ["CB", "CT", "CBT", "SCB", "SCBT", "SSCB", "SSSCB", "CU", "SSCBU"]
)
both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)


def data(fmt, rng, dtype=np.float64):
    spatial = iter((4, 6, 2))
    sizes = [next(spatial) if label == "S" else SIZES[label] for label in fmt]
    return rng.standard_normal(sizes).astype(dtype)


def parameters(rng, dtype=np.float64) -> Any:
    """offset, scaleFactor, mu, sigmaSq."""
    vectors = [rng.standard_normal(3), rng.standard_normal(3), rng.standard_normal(3)]
    return [v.astype(dtype) for v in (*vectors, rng.uniform(0.5, 2, 3))]


def column(values):
    return np.reshape(values, (-1, 1))


def test_golden_numbers():
    X = dl.dlarray([[1.0, 2, 3, 4]], "CB")
    Y, mu, sigmaSq = dl.batchnorm(X, 0, 1, nargout=3)
    want = [[-1.341635420, -0.447211810, 0.447211810, 1.341635420]]
    assert_near(Y, "CB", want, atol=5e-9)  # the digits given
    assert_near(mu, "", [[2.5]], atol=0)
    assert_near(sigmaSq, "", [[1.25]], atol=0)


@each_layout
@both_types
def test_by_its_own_statistics(fmt, dtype, rng):
    x, (offset, scale, _, _) = data(fmt, rng, dtype), parameters(rng, dtype)
    X, channel, atol = dl.dlarray(x, fmt), fmt.index("C"), 10 * TOLERANCES[dtype]
    Y, mu, sigmaSq = dl.batchnorm(X, offset, scale, nargout=3)
    assert Y.dtype == mu.dtype == sigmaSq.dtype == dtype
    assert_near(Y, fmt, naive.batchnorm(x, channel, offset, scale), atol)
    mean, variance = naive.statistics(x, channel)
    assert_near(mu, "", column(mean), atol)
    assert_near(sigmaSq, "", column(variance), atol)
    assert_near(dl.batchnorm(X, offset, scale), fmt, Y.extractdata(), atol=0)


@each_layout
@both_types
def test_by_given_statistics(fmt, dtype, rng):
    x, values = data(fmt, rng, dtype), parameters(rng, dtype)
    Y = dl.batchnorm(dl.dlarray(x, fmt), *values)
    assert Y.dtype == dtype
    want = naive.batchnorm(x, fmt.index("C"), *values)
    assert_near(Y, fmt, want, atol=10 * TOLERANCES[dtype])


@pytest.mark.parametrize("decays", [{}, {"MeanDecay": 0.3}, {"VarianceDecay": 1}], ids=str)
@both_types
def test_updated_statistics(decays, dtype, rng):
    """Y is by the statistics of X; the updated variance by its biased one."""
    x, (offset, scale, mu, sigmaSq) = data("CBT", rng, dtype), parameters(rng, dtype)
    X, atol = dl.dlarray(x, "CBT"), 10 * TOLERANCES[dtype]
    Y, *updated = dl.batchnorm(X, offset, scale, mu, sigmaSq, nargout=3, **decays)
    assert_near(Y, "CBT", naive.batchnorm(x, 0, offset, scale), atol)
    names = ("MeanDecay", "VarianceDecay")
    for name, new, old, got in zip(
        names, naive.statistics(x, 0), (mu, sigmaSq), updated, strict=True
    ):
        decay = decays.get(name, 0.1)
        assert got.dtype == dtype
        assert_near(got, "", column(decay * new + (1 - decay) * old), atol)


def test_epsilon(rng):
    x, values = data("CB", rng), parameters(rng)
    Y = dl.batchnorm(dl.dlarray(x, "CB"), *values, Epsilon=0.5)
    assert_near(Y, "CB", naive.batchnorm(x, 0, values[0], values[1], values[2], values[3], 0.5))
    offset, scale = values[:2]
    Y = dl.batchnorm(dl.dlarray(x, "CB"), offset, scale, Epsilon=0.5)
    mean, variance = naive.statistics(x, 0)
    assert_near(Y, "CB", naive.batchnorm(x, 0, offset, scale, mean, variance, 0.5))


@pytest.mark.parametrize(
    ("shape", "fmt"), [((3,), ""), ((3, 1), "CB"), ((1, 1, 3), ""), ((3,), "C")]
)
def test_forms_of_the_parameters(shape, fmt, rng):
    x, values = data("CBT", rng), parameters(rng)
    X, given = dl.dlarray(x, "CBT"), [dl.dlarray(p.reshape(shape), fmt) for p in values]
    assert_near(dl.batchnorm(X, *given), "CBT", naive.batchnorm(x, 0, *values))
    _, mu, _ = dl.batchnorm(X, *given, nargout=3)
    assert (dl.dims(mu), mu.shape) == ("", (3, 1))


@relaxed
@given(st.permutations("SCBT"), st.booleans())
def test_permuting_the_format_permutes_the_result(order, inference):
    rng = np.random.default_rng(0)
    x, values = data("SCBT", rng), parameters(rng)[: 4 if inference else 2]
    moved = x.transpose(["SCBT".index(label) for label in order])
    fmt = "".join(order)
    Y = dl.batchnorm(moved, *values, DataFormat=fmt)
    assert_near(Y, "", naive.batchnorm(moved, fmt.index("C"), *values))


# -- edges ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["CB", "SSCB"])
@both_types
def test_one_value_a_channel_gives_the_offset(fmt, dtype, rng):
    shape = (3, 1) if fmt == "CB" else (1, 1, 3, 1)
    X = dl.dlarray(rng.standard_normal(shape).astype(dtype), fmt)
    offset, scale = parameters(rng, dtype)[:2]
    Y, mu, sigmaSq = dl.batchnorm(X, offset, scale, nargout=3)
    assert_near(Y, fmt, offset.reshape(shape), atol=0)
    assert_near(mu, "", X.extractdata().reshape(3, 1), atol=0)
    assert_near(sigmaSq, "", np.zeros((3, 1)), atol=0)
    slope = dl.dlfeval(lambda X: dl.dlgradient(dl.sum(dl.batchnorm(X, offset, scale), "all"), X), X)
    np.testing.assert_allclose(slope.extractdata(), 0, atol=1e3 * TOLERANCES[dtype])


@both_types
def test_constant_channels_have_no_variance(dtype):
    X = dl.dlarray(np.full((3, 1000), 0.1, dtype), "CB")
    Y, mu, sigmaSq = dl.batchnorm(X, np.full(3, 0.5), np.ones(3), nargout=3)
    assert_near(Y, "CB", np.full((3, 1000), 0.5), atol=1e3 * TOLERANCES[dtype])
    assert_near(mu, "", np.full((3, 1), dtype(0.1)), atol=0)
    assert_near(sigmaSq, "", np.zeros((3, 1)), atol=np.finfo(dtype).eps ** 2)


def test_large_means_keep_their_digits(rng):
    x = data("CBT", rng, np.float32) + np.float32(1000)
    Y, _, sigmaSq = dl.batchnorm(dl.dlarray(x, "CBT"), np.zeros(3), np.ones(3), nargout=3)
    assert_near(Y, "CBT", naive.batchnorm(x, 0, np.zeros(3), np.ones(3)), atol=1e-4)
    np.testing.assert_allclose(sigmaSq.extractdata(), column(naive.statistics(x, 0)[1]), rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf], ids=str)
def test_a_bad_sample_spoils_its_channel_only(bad, rng):
    x = data("CBT", rng)
    x[1, 2, 3] = bad
    Y, mu, sigmaSq = dl.batchnorm(dl.dlarray(x, "CBT"), np.zeros(3), np.ones(3), nargout=3)
    spoilt = np.isnan(Y.extractdata())
    np.testing.assert_array_equal(spoilt.all((1, 2)), [False, True, False])
    np.testing.assert_array_equal(spoilt.any((1, 2)), [False, True, False])
    np.testing.assert_array_equal(mu.extractdata()[1], bad)
    assert np.isnan(sigmaSq.extractdata()[1])


def test_no_observations(rng):
    """The statistics of nothing are NaN, and an update keeps what it had."""
    offset, scale, mu, sigmaSq = parameters(rng)
    X = dl.dlarray(np.empty((3, 0)), "CB")
    Y, *found = dl.batchnorm(X, offset, scale, nargout=3)
    assert_near(Y, "CB", np.empty((3, 0)))
    assert all(np.isnan(value.extractdata()).all() for value in found)
    Y, new_mu, new_sigmaSq = dl.batchnorm(X, offset, scale, mu, sigmaSq, nargout=3)
    assert_near(new_mu, "", column(mu), atol=0)
    assert_near(new_sigmaSq, "", column(sigmaSq), atol=0)
    assert dl.batchnorm(X, offset, scale, mu, sigmaSq).shape == (3, 0)


@pytest.mark.parametrize(("x_type", "p_type"), [("f4", "f8"), ("f8", "f4")])
def test_single_wins(x_type, p_type, rng):
    X, values = dl.dlarray(data("CB", rng, x_type), "CB"), parameters(rng, p_type)
    assert dl.batchnorm(X, *values).dtype == np.float32
    assert all(y.dtype == np.float32 for y in dl.batchnorm(X, *values, nargout=3))


# -- gradients ------------------------------------------------------------------------------------


@each_layout
@pytest.mark.parametrize("inference", [False, True], ids=["training", "inference"])
def test_gradients_of_every_layout(fmt, inference, rng):
    values = parameters(rng)[: 4 if inference else 2]
    X = dl.dlarray(data(fmt, rng), fmt)
    if fmt == "CU" and not inference:  # two values a channel
        X = dl.dlarray(rng.standard_normal((3, 5)), fmt)
    checkGradients(dl.batchnorm, X, *(dl.dlarray(p) for p in values))


def test_gradients_of_statistics_and_of_all_results_together(rng):
    offset, scale, mu, sigmaSq = (dl.dlarray(p) for p in parameters(rng))
    X = dl.dlarray(data("CBT", rng), "CBT")

    def all_results(*operands: Any) -> Any:
        Y, *updated = dl.batchnorm(*operands, nargout=3)
        total = dl.sum(dl.stripdims(Y) ** 3, "all")
        for value in updated:
            total = total + dl.sum(value**2, "all")
        return total

    checkGradients(all_results, X, offset, scale)
    checkGradients(all_results, X, offset, scale, mu, sigmaSq)


# -- errors ---------------------------------------------------------------------------------------


def call(rng, **changed: Any) -> Any:
    offset, scale, mu, sigmaSq = parameters(rng)
    given: dict[str, Any] = {"X": dl.dlarray(data("CB", rng), "CB"), "offset": offset}
    given |= {"scaleFactor": scale, "mu": mu, "sigmaSq": sigmaSq, **changed}
    return dl.batchnorm(**given)


@pytest.mark.parametrize("name", ["offset", "scaleFactor", "mu", "sigmaSq"])
def test_parameters_have_one_number_a_channel(name, rng):
    text = rf"batchnorm: {name} must have one element for each of 3 channels; got 2×1"
    with pytest.raises(dl.ShapeError, match=text):
        call(rng, **{name: np.ones(2)})


@pytest.mark.parametrize(("alone", "other"), [("mu", "sigmaSq"), ("sigmaSq", "mu")])
def test_one_statistic_alone_is_an_error(alone, other, rng):
    text = f"batchnorm: {alone} is given without {other}. Give both or neither."
    with pytest.raises(ValueError, match=text):
        call(rng, **{other: None})


def test_variances_are_not_negative(rng):
    text = "batchnorm: sigmaSq must be at least 0, a variance for each channel; its smallest"
    with pytest.raises(ValueError, match=f"{text} element is -1.5."):
        call(rng, sigmaSq=[1.0, -1.5, np.nan])
    call(rng, sigmaSq=[1.0, 0.0, np.nan])


@pytest.mark.parametrize("epsilon", [0, -1, np.nan, np.inf, "a"], ids=str)
def test_epsilon_is_positive(epsilon, rng):
    text = rf"batchnorm: Epsilon must be a number, above 0 and finite; got {epsilon!r}"
    with pytest.raises(ValueError, match=text):
        call(rng, Epsilon=epsilon)


@pytest.mark.parametrize("name", ["MeanDecay", "VarianceDecay"])
@pytest.mark.parametrize("decay", [-0.1, 1.1, np.nan], ids=str)
def test_decays_are_parts_of_one(name, decay, rng):
    text = rf"batchnorm: {name} must be a number, at least 0 and at most 1; got {decay!r}"
    with pytest.raises(ValueError, match=text):
        call(rng, nargout=3, **{name: decay})


@pytest.mark.parametrize("changed", [{"nargout": 1}, {"mu": None, "sigmaSq": None, "nargout": 3}])
def test_a_decay_without_an_update_is_an_error(changed, rng):
    text = "batchnorm: MeanDecay and VarianceDecay are for updated statistics. Give mu and sigmaSq"
    with pytest.raises(ValueError, match=text):
        call(rng, MeanDecay=0.5, **changed)


@pytest.mark.parametrize("count", [0, 2, 4, True], ids=str)
def test_one_or_three_results(count, rng):
    with pytest.raises(ValueError, match=f"batchnorm: nargout must be 1 or 3; got {count}"):
        call(rng, nargout=count)


@pytest.mark.parametrize(
    ("X", "error", "text"),
    [
        (dl.dlarray(np.ones((4, 5)), "SB"), dl.FormatError, r"needs a C dimension; got 4\(S\) × 5"),
        (np.ones((3, 5)), dl.FormatError, r"X must be a formatted dlarray; got 3×5"),
        (dl.dlarray(np.ones((3, 5)) > 0, "CB"), TypeError, "logical data not supported"),
    ],
    ids=["no C", "unformatted", "logical"],
)
def test_wrong_data_are_errors(X, error, text, rng):
    with pytest.raises(error, match=f"batchnorm: {text}"):
        call(rng, X=X)


def test_wrong_parameter_types_are_errors(rng):
    with pytest.raises(TypeError, match="batchnorm: mu: data of type <U1 are not possible"):
        call(rng, mu="a")


def test_sums_of_parameters_that_are_no_variables_are_not_computed(monkeypatch):
    def refuse(*_):
        raise AssertionError("nobody asked for these")

    def slope(X):
        return dl.dlgradient(dl.sum(dl.batchnorm(X, zeros, ones, zeros, ones), "all"), X)

    zeros, ones = np.zeros(3), np.ones(3)
    X = dl.dlarray(np.ones((3, 5)), "CB")
    want = dl.dlfeval(slope, X).data
    monkeypatch.setattr("dlarray.kernels.batchnorm_sums", refuse)
    np.testing.assert_array_equal(dl.dlfeval(slope, X).data, want)
