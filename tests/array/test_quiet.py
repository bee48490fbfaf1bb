"""Values that are not finite come without a warning, wherever they come from; errors of users do
not.
"""

import threading

import numpy as np
import pytest

import dlarray as dl
from dlarray.operators import _quiet
from tests.array.gradients import gradient, vector

LARGE = [1e308, -1e308, np.inf, -np.inf, np.nan, 0.0, 5e-324]


OF_TWO = "plus minus times rdivide ldivide power max min hypot atan2 mod rem lt eq"
REDUCTIONS = "sum mean prod max min any all median mode var std vecnorm"


@pytest.mark.parametrize("name", [*OF_TWO.split(), "floor_divide"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
def test_functions_of_two(name, dtype):
    function = np.floor_divide if name == "floor_divide" else getattr(dl, name)
    with np.errstate(over="ignore"):
        a = np.array(LARGE).astype(dtype)
    X, Y = dl.dlarray(a), dl.dlarray(a.reshape(1, -1))
    function(X, Y)
    if name not in ("lt", "eq"):
        gradient(function, X, Y)


@pytest.mark.parametrize("name", REDUCTIONS.split())
def test_reductions(name):
    function = getattr(dl, name)
    X = vector(*LARGE)
    function(X)
    if name not in ("any", "all"):
        gradient(function, X)


def test_casts():
    assert dl.single(vector(1e300)).item() == np.inf
    assert (vector(1e300) + np.ones((1, 1), np.float32)).item() == np.inf


def test_complex_numbers():
    X = dl.dlarray(np.array([1e308 + 1e308j, complex(np.inf, np.nan), 0]))
    for value in (X * X, X / X, X / 0, X**2, dl.exp(X), dl.log(X), dl.sqrt(X), dl.tanh(X), abs(X)):
        assert value.shape == (3, 1)


def test_other_functions_still_warn():
    dl.plus(vector(1e308), 1e308)
    with pytest.warns(RuntimeWarning, match="overflow"):
        np.float64(1e308) * np.float64(10)
    assert np.geterr()["over"] == "warn"


def test_the_users_own_error_state_does_not_matter():
    with np.errstate(all="raise"):
        assert dl.times(vector(1e308), 10).item() == np.inf


def test_a_call_amid_another_one():
    """As by a signal's handler, while the context that silences warnings is entered."""

    def outer():
        return dl.times(vector(1e308), 10).item()

    assert _quiet.quietly(outer) == np.inf


@pytest.mark.parametrize("amid", [False, True], ids=["alone", "amid another one"])
def test_an_error_of_the_function_s_own_is_raised_once(amid):
    calls: list[int] = []

    def failing(*_: object):
        calls.append(1)
        raise RuntimeError("my own")

    def call():
        with pytest.raises(RuntimeError, match="my own") as caught:
            _quiet.quietly(failing, 1)
        return caught.value

    raised = _quiet.quietly(call) if amid else call()
    assert len(calls) == 1
    assert raised.__context__ is None or amid


def test_calls_from_many_threads():
    results: list[float] = []

    def work():
        X = dl.dlarray(np.full((300, 300), 1e308), "CB")
        results.extend(float(dl.max(X * X, dim="all")) for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [np.inf] * 80


@pytest.mark.parametrize(
    "value", [1e300, -1e300, 10**400, -(10**400)], ids=["1e300", "-1e300", "10^400", "-10^400"]
)
def test_a_number_beyond_single_precision_is_infinite(value):
    X = dl.dlarray(np.ones((2, 1), np.float32), "C")
    sign = 1 if value > 0 else -1
    np.testing.assert_array_equal((X + value).data, sign * np.inf)
    np.testing.assert_array_equal((value * X).data, sign * np.inf)
    assert (value > X).data.all() == (sign > 0)
