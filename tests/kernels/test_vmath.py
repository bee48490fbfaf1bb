"""Functions of vectors: their errors over the whole range, and their limits."""

import numpy as np
import pytest

from dlarray.kernels import _gelu, _vmath
from dlarray.kernels._lanes import LANES
from dlarray.kernels._map import map_one, unary
from dlarray.testing import TOLERANCES
from tests.kernels import special_functions as exact

KERNELS = {
    name: unary(getattr(module, name))
    for module, names in (
        (_vmath, ("exp", "log", "tanh", "sigmoid", "erf")),
        (_gelu, ("gelu", "gelu_slope", "gelu_tanh", "gelu_tanh_slope")),
    )
    for name in names
}
REFERENCES = {"exp": np.exp, "log": np.log, "tanh": np.tanh}
ULPS = {"exp": 1.5, "log": 1.5, "tanh": 3.0, "sigmoid": 3.0, "erf": 4.5}
NUMBERS = 400_001

both_types = pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)


def call(name, x):
    return map_one(KERNELS[name], x)


def reference(name, x):
    function = REFERENCES.get(name) or getattr(exact, name)
    with np.errstate(all="ignore"):
        return function(x.astype(np.longdouble))


def ulps(name, x):
    """The errors of results in units of the last place of the right ones."""
    want = reference(name, x)
    limits = np.finfo(x.dtype)
    with np.errstate(all="ignore"):
        unit = np.spacing(np.clip(np.abs(want), limits.tiny, limits.max).astype(x.dtype))
    return np.abs(call(name, x) - want) / unit.astype(np.longdouble)


def range_of(name, dtype):
    """Arguments close together over the range in which a function is neither 0, 1 nor infinite."""
    limits = np.finfo(dtype)
    low, high = np.log(limits.smallest_subnormal), np.log(limits.max)
    if name == "exp":
        return np.linspace(low, high, NUMBERS)[1:-1].astype(dtype)
    if name == "log":
        return np.exp(np.linspace(low, high, NUMBERS)[1:-1]).astype(dtype)
    near = np.linspace(-9, 9, NUMBERS)
    sizes = np.exp(np.linspace(np.log(limits.tiny), np.log(-low), NUMBERS // 4))
    return np.concatenate([near, sizes, -sizes]).astype(dtype)


@pytest.mark.parametrize("name", ULPS)
@both_types
def test_errors_over_the_whole_range(name, dtype):
    assert ulps(name, range_of(name, dtype)).max() <= ULPS[name]


@both_types
def test_logarithms_near_one(dtype):
    x = 1 + np.concatenate([np.linspace(-0.3, 0.5, NUMBERS), np.arange(-9, 9) * 2.0**-22])
    assert ulps("log", x.astype(dtype)).max() <= ULPS["log"]


@pytest.mark.parametrize("name", ["gelu", "gelu_tanh"])
@both_types
def test_errors_of_gelu(name, dtype):
    """A few units where x is not far below 0, and there as many more as exp(-x^2/2) loses."""
    end = 12.5 if dtype is np.float32 else 37.0
    x = np.linspace(-end if name == "gelu" else -5, end, NUMBERS).astype(dtype)
    found = ulps(name, x)
    assert found[x > -1].max() <= 6
    assert np.all(found <= 6 + 5 * x * x)


@pytest.mark.parametrize("name", ["gelu_slope", "gelu_tanh_slope"])
@both_types
def test_errors_of_slopes(name, dtype):
    x = np.linspace(-37, 37, NUMBERS).astype(dtype)
    error = np.abs(call(name, x) - reference(name, x))
    assert error.max() <= 4 * np.finfo(dtype).eps


NAN, INF = np.nan, np.inf
LIMITS = {
    "exp": {NAN: NAN, INF: INF, -INF: 0, 0.0: 1, 1e30: INF, -1e30: 0},
    "log": {NAN: NAN, INF: INF, -INF: NAN, 0.0: -INF, -1.0: NAN, -1e-42: NAN, 1.0: 0},
    "tanh": {NAN: NAN, INF: 1, -INF: -1, 0.0: 0, 1e30: 1, -1e30: -1},
    "sigmoid": {NAN: NAN, INF: 1, -INF: 0, 0.0: 0.5, 1e30: 1, -1e30: 0},
    "erf": {NAN: NAN, INF: 1, -INF: -1, 0.0: 0, 1e30: 1, -1e30: -1},
    "gelu": {NAN: NAN, INF: INF, -INF: 0, 0.0: 0, 1e30: 1e30, -1e30: 0},
    "gelu_slope": {NAN: NAN, INF: 1, -INF: 0, 0.0: 0.5, 1e30: 1, -1e30: 0},
    "gelu_tanh": {NAN: NAN, INF: INF, -INF: 0, 0.0: 0, 1e30: 1e30, -1e30: 0},
    "gelu_tanh_slope": {NAN: NAN, INF: 1, -INF: 0, 0.0: 0.5, 1e30: 1, -1e30: 0},
}


@pytest.mark.parametrize("name", LIMITS)
@both_types
def test_limits(name, dtype):
    """At every place of a vector and in its last part, with ordinary numbers beside."""
    for x, want in LIMITS[name].items():
        for place in (0, LANES - 1, LANES + 1):
            values = np.full(LANES + 2, 0.5, dtype)
            values[place] = x
            got = call(name, values)
            assert np.isclose(got[place], want, rtol=1e-6, atol=1e-37, equal_nan=True), (x, got)
            others = np.delete(got, place)
            np.testing.assert_array_equal(others, call(name, values[1 - min(place, 1)][None])[0])


@pytest.mark.parametrize("name", LIMITS)
@both_types
def test_minus_zero_gives_what_zero_gives(name, dtype):
    got = call(name, np.array([0.0, -0.0], dtype))
    assert got[0] == got[1]
    if name in ("tanh", "erf"):
        np.testing.assert_array_equal(np.signbit(got), [False, True])


@both_types
def test_where_exp_overflows_and_underflows(dtype):
    limits = np.finfo(dtype)
    top, bottom = np.log(limits.max), np.log(limits.smallest_subnormal)
    edge = np.array([np.nextafter(top, 0), top * dtype(1.00001), bottom, bottom - 1], dtype)
    got = call("exp", edge)
    assert np.isfinite(got[0])
    assert got[1] == np.inf
    assert got[2] <= 2 * limits.smallest_subnormal
    assert got[3] == 0


@both_types
def test_denormal_numbers_count(dtype):
    tiny = np.finfo(dtype).smallest_subnormal * np.array([1, 2, 1001, 65_535], dtype)
    assert ulps("log", tiny).max() <= ULPS["log"]
    np.testing.assert_array_equal(call("tanh", tiny), tiny)
    low = np.log(tiny.astype(np.longdouble)).astype(dtype)[1:]
    assert np.all(ulps("exp", low) <= 2)


@pytest.mark.parametrize("name", KERNELS)
@both_types
def test_a_value_depends_on_its_argument_alone(name, dtype, rng):
    x = np.abs(rng.standard_normal(3 * LANES + 5)).astype(dtype)
    want = call(name, x)
    for start in range(LANES + 1):
        for n in (1, LANES - 1, LANES, LANES + 1):
            got = call(name, x[start : start + n])
            np.testing.assert_array_equal(got, want[start : start + n])
