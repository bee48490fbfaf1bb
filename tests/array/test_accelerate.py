"""`dlaccelerate`: what is replayed, when a plan fits, the cache, and its properties."""

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import dlarray as dl
from tests.array.replays import Counted, assert_same, counted


def loss(x, w):
    y = dl.sum(dl.tanh(x * w) ** 2, "all")
    return y, dl.dlgradient(y, [x, w])


def pair(rng, dtype=np.float64):
    return [dl.dlarray(rng.standard_normal((3, 7)).astype(dtype), "CB") for _ in range(2)]


# -- replays
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
def test_a_second_call_has_the_bits_of_the_plain_one_and_runs_no_code_of_the_function(rng, dtype):
    function = Counted(loss)
    accfun = dl.dlaccelerate(function)
    for _ in range(3):
        x, w = pair(rng, dtype)
        assert_same(dl.dlfeval(accfun, x, w), dl.dlfeval(loss, x, w))
    assert function.calls == 1
    assert accfun.HitRate == pytest.approx(200 / 3)
    assert accfun.Occupancy == 2.0


def test_a_call_outside_dlfeval_is_replayed_too(rng):
    accfun = counted(lambda x, w: {"y": (x * w + 1, [dl.sum(x, "C")])})
    for _ in range(2):
        x, w = pair(rng)
        assert_same(accfun(x, w), accfun.Function.function(x, w))
    assert accfun.Function.calls == 1


def test_results_keep_format_type_and_structure(rng):
    accfun = dl.dlaccelerate(lambda x: {"a": (dl.sum(x, "C"), dl.double(x)), "b": [3, "text", x]})
    x = dl.dlarray(rng.standard_normal((3, 7)).astype("f4"), "CB")
    accfun(x)
    result = accfun(x)
    assert (result["a"][0].fmt, result["a"][0].shape) == ("CB", (1, 7))
    assert result["a"][1].dtype == np.float64
    assert result["b"][:2] == [3, "text"]
    np.testing.assert_array_equal(result["b"][2].data, x.data)


def test_results_are_new_containers_each_time():
    accfun = dl.dlaccelerate(lambda x: [x, {"y": x}])
    accfun(dl.dlarray(1.0))
    first = accfun(dl.dlarray(1.0))
    first.append(3)
    first[1]["z"] = 4
    assert accfun(dl.dlarray(1.0))[1].keys() == {"y"}
    assert len(accfun(dl.dlarray(1.0))) == 2


def test_arrays_that_are_one_at_first_may_be_two_later(rng):
    accfun = counted(lambda x, w: (x - w, dl.sum(x * w)))
    x, w = pair(rng)
    accfun(x, x)
    assert_same(accfun(x, w), (x - w, dl.sum(x * w)))
    assert accfun.Function.calls == 1


def test_an_argument_that_is_captured_too_stays_as_it_was(rng):
    x, w = pair(rng)
    accfun = counted(lambda y: y - x)
    accfun(x)
    assert_same(accfun(w), w - x)


def test_a_nested_dlfeval_is_replayed(rng):
    def both(x, w):
        y, slopes = dl.dlfeval(loss, x, w)
        return y * 2, slopes[0] - slopes[1]

    accfun = counted(both)
    for _ in range(2):
        x, w = pair(rng)
        assert_same(accfun(x, w), both(x, w))
    assert accfun.Function.calls == 1


def test_second_derivatives_are_replayed(rng):
    def curvature(x):
        slope = dl.dlgradient(dl.sum(x**4, "all"), x, EnableHigherDerivatives=True)
        return dl.dlgradient(dl.sum(slope**2, "all"), x)

    accfun = counted(curvature)
    for _ in range(2):
        x, _ = pair(rng)
        assert_same(dl.dlfeval(accfun, x), dl.dlfeval(curvature, x))
    assert accfun.Function.calls == 1


def test_a_gradient_that_is_zero_stays_zero(rng):
    def unused(x, w):
        return dl.dlgradient(dl.sum(x, "all"), x, w)

    accfun = counted(unused)
    for _ in range(2):
        x, w = pair(rng)
        assert_same(dl.dlfeval(accfun, x, w), dl.dlfeval(unused, x, w))
    assert accfun.Function.calls == 1


def test_computing_with_numbers_and_arrays_of_numpy_is_replayed(rng):
    numbers = rng.standard_normal((3, 1))

    def shifted(x):
        return (2 * x + numbers - np.float32(3)) / dl.dlarray(numbers, "C")

    accfun = counted(shifted)
    for _ in range(2):
        x, _ = pair(rng)
        assert_same(accfun(x), shifted(x))
    assert accfun.Function.calls == 1


# -- when a plan fits
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (dl.dlarray(np.ones((3, 7)), "CB"), dl.dlarray(np.ones((3, 5)), "CB")),
        (dl.dlarray(np.ones((3, 7)), "CB"), dl.dlarray(np.ones((3, 7)), "SC")),
        (dl.dlarray(np.ones((3, 7)), "CB"), dl.dlarray(np.ones((3, 7), "f4"), "CB")),
        ([dl.dlarray(1.0)], (dl.dlarray(1.0),)),
        ({"a": dl.dlarray(1.0)}, {"b": dl.dlarray(1.0)}),
        (1, 1.0),
        (1, True),
        (0.0, -0.0),
        ("a", "b"),
        (np.arange(3), np.arange(3) + 1),
        (np.arange(3), np.arange(3.0)),
        (np.float32(1), np.float64(1)),
        (slice(1), slice(2)),
        ({1, 2}, {1, 3}),
        (np.sin, np.cos),
        (lambda: 1, lambda: 1),
        (len, max),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_arguments_make_another_plan(first, second):
    accfun = counted(lambda x, y: dl.sum(y))
    for value, calls in ((first, 1), (second, 2), (first, 2), (second, 2)):
        accfun(value, dl.dlarray([3.0]))
        assert accfun.Function.calls == calls


@pytest.mark.parametrize(
    "make",
    [
        lambda: float("nan"),
        lambda: 3 + 4j,
        lambda: np.arange(3),
        lambda: [1, {"a": (2.5, None)}],
        lambda: slice(1, 2),
        lambda: np.float32(3),
        lambda: {1, 2},
    ],
)
def test_equal_arguments_find_the_plan(make):
    accfun = counted(lambda x, y: dl.sum(y))
    accfun(make(), dl.dlarray([3.0]))
    accfun(make(), dl.dlarray([5.0]))
    assert accfun.Function.calls == 1


def test_options_and_positions_are_told_apart():
    accfun = counted(lambda x, y=None: dl.sum(x))
    accfun(dl.dlarray(1.0), y=2)
    accfun(dl.dlarray(1.0), 2)
    assert accfun.Function.calls == 2


def test_calls_by_dlfeval_have_plans_of_their_own(rng):
    accfun = counted(lambda x: dl.sum(x))
    dl.dlfeval(accfun, dl.dlarray(1.0))
    accfun(dl.dlarray(1.0))
    assert accfun.Function.calls == 2


class Unpicklable:
    def __reduce__(self):
        raise TypeError("no")


def test_an_argument_that_cant_be_compared_runs_the_function():
    accfun = counted(lambda x, y: dl.sum(y))
    for value in (3.0, 5.0):
        text = "runs without acceleration: an argument of type Unpicklable can't be compared"
        with pytest.warns(RuntimeWarning, match=text):
            assert accfun(Unpicklable(), dl.dlarray([value])).item() == value
    assert (accfun.Function.calls, accfun.Occupancy) == (2, 0.0)


# -- cache, errors, threads
# ------------------------------------------------------------------------------------------------


def sized(n):
    return dl.dlarray(np.ones((n, 2)), "CB")


def test_the_plan_used_longest_ago_goes_first():
    accfun = counted(lambda x: dl.sum(x, "all"))
    accfun.CacheSize = 2
    for n in (3, 5, 3, 7, 3, 5):
        assert accfun(sized(n)).item() == 2 * n
    assert accfun.Function.calls == 4
    assert accfun.Occupancy == 100.0
    accfun.CacheSize = 1
    accfun(sized(5))
    assert accfun.Function.calls == 4


def test_clearcache_drops_plans_and_counts():
    accfun = counted(lambda x: dl.sum(x))
    accfun(sized(3))
    accfun(sized(3))
    dl.clearCache(accfun)
    assert (accfun.HitRate, accfun.Occupancy) == (0.0, 0.0)
    accfun(sized(3))
    assert accfun.Function.calls == 2


def test_disabled_the_function_runs_as_it_is():
    accfun = counted(lambda x: dl.sum(x))
    accfun.Enabled = False
    for _ in range(2):
        accfun(sized(3))
        dl.dlfeval(accfun, sized(3))
    assert (accfun.Function.calls, accfun.Occupancy) == (4, 0.0)


def test_an_exception_keeps_no_plan(rng):
    fail = [True]

    def function(x):
        y = dl.sum(x, "all")
        if fail[0]:
            raise KeyError("first")
        return y

    accfun = counted(function)
    with pytest.raises(KeyError):
        accfun(sized(3))
    fail[0] = False
    for _ in range(2):
        assert accfun(sized(3)).item() == 6
    assert accfun.Function.calls == 2


def test_accelerated_functions_nest(rng):
    inner = counted(loss)
    outer = counted(lambda x, w: dl.dlfeval(inner, x, w)[0] + inner.Function.function(x, w)[0])

    def twice(x, w):
        return inner(x * 2, w)[0] + x

    nested = counted(twice)
    for _ in range(3):
        x, w = pair(rng)
        expected = dl.dlfeval(lambda x, w: loss(x * 2, w)[0] + x, x, w)
        assert_same(dl.dlfeval(nested, x, w), expected)
    assert (nested.Function.calls, inner.Function.calls) == (1, 1)
    assert dl.dlaccelerate(outer) is outer


def test_threads_share_a_function(rng):
    accfun = dl.dlaccelerate(loss)
    cases = [pair(rng) for _ in range(8)]
    expected = [dl.dlfeval(loss, x, w) for x, w in cases]
    barrier = threading.Barrier(4)

    def work(i):
        barrier.wait()
        return [dl.dlfeval(accfun, *case) for case in cases]

    with ThreadPoolExecutor(4) as pool:
        for results in pool.map(work, range(4)):
            assert_same(results, expected)


# -- properties
# ------------------------------------------------------------------------------------------------


def test_a_new_object_has_matlabs_defaults():
    accfun = dl.dlaccelerate(loss)
    assert repr(accfun).split("\n") == [
        "",
        "  AcceleratedFunction with properties:",
        "",
        "          Function: @loss",
        "           Enabled: 1",
        "         CacheSize: 50",
        "           HitRate: 0",
        "         Occupancy: 0",
        "         CheckMode: 'none'",
        "    CheckTolerance: 1.0000e-04",
        "",
    ]
    assert accfun.Function is loss
    assert (accfun.Enabled, accfun.CacheSize, accfun.HitRate) == (True, 50, 0)
    assert (accfun.Occupancy, accfun.CheckMode, accfun.CheckTolerance) == (0, "none", 1e-4)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Enabled", "yes", "Enabled must be true or false; got 'yes'"),
        ("Enabled", np.ones(2), "Enabled must be true or false; got array"),
        ("CacheSize", 0, "CacheSize must be a positive integer; got 0"),
        ("CheckMode", "fast", 'CheckMode must be one of "none", "tolerance"; got \'fast\''),
        ("CheckTolerance", 0, "CheckTolerance must be a number, above 0; got 0"),
    ],
)
def test_properties_are_checked(name, value, text):
    with pytest.raises(ValueError, match=rf"^dlaccelerate: {text}"):
        setattr(dl.dlaccelerate(loss), name, value)


@pytest.mark.parametrize("name", ["Function", "HitRate", "Occupancy"])
def test_other_properties_are_read_only(name):
    with pytest.raises(AttributeError):
        setattr(dl.dlaccelerate(loss), name, 3)


def test_only_functions_are_accelerated():
    with pytest.raises(TypeError, match=r"^dlaccelerate: the argument must be a function; got int"):
        dl.dlaccelerate(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^clearCache: the argument must be an Acc.*got function"):
        dl.clearCache(loss)  # type: ignore[arg-type]


# -- CheckMode
# ------------------------------------------------------------------------------------------------


def test_checkmode_warns_where_something_was_frozen():
    factor = [1.0]
    accfun = dl.dlaccelerate(lambda x: x * factor[0])
    accfun.CheckMode = "Tolerance"
    accfun(sized(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        accfun(sized(3))
    factor[0] = 1.5
    with pytest.warns(RuntimeWarning, match=r"differs from that of the function by 0\.333, more"):
        np.testing.assert_array_equal(accfun(sized(3)).data, sized(3).data)
    accfun.CheckTolerance = 0.5
    accfun(sized(3))


def test_checkmode_draws_the_same_numbers_for_both():
    accfun = counted(lambda x: dl.dropout(x, 0.5))
    accfun.CheckMode = "tolerance"
    x = dl.dlarray(np.ones((20, 20)), "CB")
    first, second = accfun(x), accfun(x)
    assert (first.data != second.data).any()
    dl.rng(0)
    assert_same([first, second], [dl.dropout(x, 0.5), dl.dropout(x, 0.5)])
    assert accfun.Function.calls == 2
