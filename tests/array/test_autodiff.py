"""`dlfeval` and `dlgradient`: values, independence, labels, nested calls, threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import dlarray as dl
from dlarray import tape
from tests.array.gradients import gradient, values, vector

# -- golden values
# ------------------------------------------------------------------------------------------------


def rosenbrock(x1, x2):
    return 100 * (x2 - x1**2) ** 2 + (1 - x1) ** 2


def test_rosenbrock_of_a_vector():
    def loss(x):
        y = rosenbrock(x[0], x[1])
        return y, dl.dlgradient(y, x)

    y, slope = dl.dlfeval(loss, dl.dlarray([-1.0, 2.0]))
    assert y.item() == 104
    assert values(slope) == [396, 200]


def test_rosenbrock_of_two_numbers():
    def loss(x1, x2):
        y = rosenbrock(x1, x2)
        return y, *dl.dlgradient(y, x1, x2)

    y, slope1, slope2 = dl.dlfeval(loss, dl.dlarray(-1), dl.dlarray(2))
    assert [y.item(), slope1.item(), slope2.item()] == [104, 396, 200]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    ("shape", "fmt"), [((2, 3, 5), "SCB"), ((3, 5), ""), ((3, 1), "CU"), ((1, 1), "CB")]
)
def test_a_gradient_has_size_format_and_type_of_its_variable(shape, fmt, dtype):
    x = dl.dlarray(np.ones(shape, dtype), fmt)
    slope = gradient(lambda x: x**2, x)
    assert (slope.shape, dl.dims(slope), slope.dtype) == (shape, fmt, x.dtype)
    np.testing.assert_array_equal(slope.extractdata(), 2)


@pytest.mark.parametrize("fmt", ["CB", ""])
def test_a_scalar_may_be_formatted(fmt):
    x = dl.dlarray([[3.0]], fmt)
    assert gradient(lambda x: x * x, x).item() == 6


def test_several_variables_give_a_tuple():
    slopes = gradient(lambda a, b: a * b, vector(3), vector(5))
    assert isinstance(slopes, tuple)
    assert [slope.item() for slope in slopes] == [5, 3]


def test_the_derivative_is_that_of_the_branch_taken():
    def function(x):
        return x**2 if x > 0 else -3 * x

    assert gradient(function, vector(2)).item() == 4
    assert gradient(function, vector(-2)).item() == -3


def test_the_gradient_with_respect_to_an_intermediate_value():
    def slopes(x):
        y = x**2
        return dl.dlgradient(dl.sum(y**3), x, y)

    dx, dy = dl.dlfeval(slopes, vector(2))
    assert (dx.item(), dy.item()) == (192, 48)


def test_the_gradient_with_respect_to_the_value_itself():
    assert dl.dlfeval(lambda x: dl.dlgradient(x, x), vector(2)).item() == 1


def test_a_variable_used_often_sums_its_gradients():
    assert values(gradient(lambda x: x * x + x * 2 + x, vector(3, 5))) == [9, 13]


def test_each_occurrence_is_a_variable_of_its_own():
    x = vector(3)
    assert [g.item() for g in gradient(lambda a, b: a**2 * b, x, x)] == [18, 9]


def test_long_chains():
    def chain(x):
        for _ in range(5000):
            x = x + 1
        return x

    assert gradient(chain, vector(1)).item() == 1


# -- variables that the value does not depend on
# ------------------------------------------------------------------------------------------------


def test_no_dependence_gives_zeros():
    x, y = vector(1, 2), dl.dlarray(np.ones((3, 5), "f4"), "CB")
    dx, dy = gradient(lambda x, y: x, x, y)
    assert values(dx) == [1, 1]
    assert (dy.shape, dl.dims(dy), dy.dtype) == ((3, 5), "CB", np.float32)
    assert not dy.extractdata().any()


def test_comparisons_and_signs_give_zeros():
    assert values(gradient(lambda x: dl.sign(x) + (x > 0) + 0 * x, vector(-1, 2))) == [0, 0]


def test_extractdata_ends_the_trace():
    assert values(gradient(lambda x: x * x.extractdata(), vector(3, 5))) == [3, 5]


def test_closures_are_constants():
    outside = vector(3)
    assert gradient(lambda x: x * outside, vector(5)).item() == 3

    def slope(x):
        return dl.dlgradient(dl.sum(x * outside), outside)

    with pytest.raises(dl.GradientError, match="was not passed to dlfeval as a dlarray"):
        dl.dlfeval(slope, vector(5))


# -- labels and identity
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("relabel", "fmt"),
    [
        (dl.stripdims, ""),
        (lambda x: dl.stripdims(x, "SCB"), ""),
        (lambda x: dl.dlarray(x, "SCT"), "SCT"),
        (dl.dlarray, "SCB"),
    ],
    ids=["stripdims", "stripdims in order", "relabelled", "dlarray"],
)
def test_relabelling_keeps_the_identity_of_the_variable(relabel, fmt):
    def slope(x):
        y = dl.sum(x**2, "all")
        return dl.dlgradient(y, relabel(x))

    x = np.arange(30.0).reshape(2, 3, 5)
    result = dl.dlfeval(slope, dl.dlarray(x, "SCB"))
    assert dl.dims(result) == fmt
    np.testing.assert_array_equal(result.extractdata(), 2 * x)


def test_a_value_stripped_later_can_be_differentiated_by_the_stripped_variable():
    def slope(x):
        y = x**2
        x = dl.stripdims(x)
        return dl.dlgradient(dl.sum(dl.stripdims(y), "all"), x)

    assert values(dl.dlfeval(slope, dl.dlarray([[1.0, 2.0]], "CB"))) == [2, 4]


def test_a_moved_variable_is_another_one():
    def slope(x):
        y = dl.sum(x**2, "all")
        return dl.dlgradient(y, dl.dlarray(x, "BC"))

    assert values(dl.dlfeval(slope, dl.dlarray([[1.0, 2.0]], "CB"))) == [0, 0]


# -- several gradients, nested calls
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("retain", [True, False])
def test_two_gradients_in_one_call(retain):
    def slopes(x):
        y = dl.exp(x)
        first = dl.dlgradient(dl.sum(y), x, RetainData=retain)
        second = dl.dlgradient(dl.sum(y * y), x, RetainData=retain)
        third = dl.dlgradient(dl.sum(y), x, RetainData=retain)
        return first, second, third

    first, second, third = dl.dlfeval(slopes, vector(1, 2))
    np.testing.assert_allclose(first.extractdata(), np.exp([[1], [2]]))
    np.testing.assert_allclose(second.extractdata(), 2 * np.exp([[2], [4]]))
    np.testing.assert_array_equal(first.extractdata(), third.extractdata())


def test_a_nested_call_is_a_constant_to_the_outer_one():
    def outer(x):
        slope = gradient(lambda y: y**3, x)
        return slope, dl.dlgradient(dl.sum(x * slope), x)

    slope, total = dl.dlfeval(outer, vector(2))
    assert (slope.item(), total.item()) == (12, 12)


def test_a_nested_call_sees_outer_variables_as_constants():
    def outer(x):
        inner = gradient(lambda y: x * y, vector(5))
        with pytest.raises(dl.GradientError, match=r"variable 1, .* is not traced"):
            dl.dlfeval(lambda y: dl.dlgradient(x * y, x), vector(5))
        return inner, dl.dlgradient(x * x, x)

    inner, slope = dl.dlfeval(outer, vector(3))
    assert (inner.item(), slope.item()) == (3, 6)


def test_an_exception_ends_the_trace():
    kept = []

    def failing(x):
        y = dl.exp(x)
        kept.append(y)
        raise KeyError("from the function")

    with pytest.raises(KeyError, match="from the function"):
        dl.dlfeval(failing, vector(3))
    assert tape.current_tape() is None
    assert not tape.is_traced(kept[0])
    assert gradient(lambda x: x * x, vector(3)).item() == 6


def test_an_exception_in_a_nested_call_keeps_the_outer_trace():
    def failing(x):
        raise KeyError

    def outer(x):
        y = x * x
        with pytest.raises(KeyError):
            dl.dlfeval(failing, x)
        return dl.dlgradient(y * x, x)

    assert dl.dlfeval(outer, vector(3)).item() == 27


def test_threads_trace_independently():
    together = threading.Barrier(4, timeout=30)

    def slope(n):
        def loss(x):
            y = x**n
            together.wait()
            return dl.dlgradient(dl.sum(y), x)

        return dl.dlfeval(loss, vector(2)).item()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(slope, range(1, 5))) == [1, 4, 12, 32]


def test_a_variable_is_a_constant_in_another_thread():
    def loss(x):
        with ThreadPoolExecutor(1) as pool:
            y = pool.submit(lambda: x * x).result()
        return y.node, dl.dlgradient(x * y, x)

    node, slope = dl.dlfeval(loss, vector(3))
    assert node is None
    assert slope.item() == 9
