"""`dlfeval` and `dlgradient`: variables, containers, higher derivatives, errors."""

import dataclasses
import gc
import operator
import threading
import weakref
from collections import OrderedDict, defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pytest

import dlarray as dl
from dlarray import tape
from dlarray.array import wrap
from dlarray.testing import checkGradients


def vector(*values):
    return dl.dlarray(np.array(values, float))


def values(X):
    return dl.extractdata(X).ravel().tolist()


def gradient(function, *xs, **options):
    """The gradient of the sum of ``function(*xs)``."""

    def slope(*traced):
        return dl.dlgradient(dl.sum(function(*traced), "all"), *traced, **options)

    return dl.dlfeval(slope, *xs)


# -- golden rows and values
# ------------------------------------------------------------------------------------------------


def rosenbrock(x1, x2):
    return 100 * (x2 - x1**2) ** 2 + (1 - x1) ** 2


def test_golden_row_6():
    def loss(x):
        y = rosenbrock(x[0], x[1])
        return y, dl.dlgradient(y, x)

    y, slope = dl.dlfeval(loss, dl.dlarray([-1.0, 2.0]))
    assert y.item() == 104
    assert values(slope) == [396, 200]


def test_golden_row_7():
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


# -- containers
# ------------------------------------------------------------------------------------------------


class Pair(NamedTuple):
    w: Any
    b: Any


@dataclasses.dataclass
class Parameters:
    w: Any
    b: Any
    name: Any = "layer"


@dataclasses.dataclass(frozen=True)
class Frozen:
    w: Any
    b: Any


class Table:
    """An object with the method that makes it a container."""

    def __init__(self, w, b):
        self.w, self.b = w, b

    def map_arrays(self, function):
        return Table(function(self.w), function(self.b))


by_key = operator.itemgetter("w", "b")
by_place = operator.itemgetter(0, 1)
by_field = operator.attrgetter("w", "b")


@pytest.mark.parametrize(
    ("container", "parts"),
    [
        ({"w": vector(3), "b": vector(5)}, by_key),
        (OrderedDict(b=vector(5), w=vector(3)), by_key),
        (defaultdict(list, w=vector(3), b=vector(5)), by_key),
        ([vector(3), vector(5)], by_place),
        ((vector(3), vector(5)), by_place),
        (Pair(vector(3), vector(5)), by_field),
        (Parameters(vector(3), vector(5), vector(7)), by_field),
        (Frozen(vector(3), vector(5)), by_field),
        (Table(vector(3), vector(5)), by_field),
    ],
    ids=lambda value: type(value).__name__,
)
def test_gradients_come_in_the_container_of_the_variables(container, parts):
    def loss(p):
        w, b = parts(p)
        return dl.dlgradient(w * b, p)

    slopes = dl.dlfeval(loss, container)
    assert type(slopes) is type(container)
    assert [slope.item() for slope in parts(slopes)] == [5, 3]


def test_dictionaries_keep_the_order_of_their_keys():
    p = {key: vector(1) for key in "zxy"}
    assert list(dl.dlfeval(lambda p: dl.dlgradient(p["x"] * 2, p), p)) == ["z", "x", "y"]


def test_other_values_in_a_container_pass_through():
    def loss(p, scale, *, options):
        assert (p.name, scale, options["mode"]) == ("layer", 2, "a")
        return dl.dlgradient(dl.sum(p.w * scale * options["x"]), [p.w, options["x"]]), p

    options = {"mode": "a", "x": vector(7)}
    slopes, p = dl.dlfeval(loss, Parameters(vector(3), None), 2, options=options)
    assert [slope.item() for slope in slopes] == [14, 6]
    assert (p.name, p.b) == ("layer", None)


def test_fields_that_the_constructor_does_not_take_pass_through():
    @dataclasses.dataclass
    class Counted:
        w: Any
        calls: int = dataclasses.field(default=0, init=False)

    assert dl.dlfeval(lambda p: dl.dlgradient(p.w, p.w), Counted(vector(3))).item() == 1


def test_nested_containers():
    p = {
        "encoder": [{"w": vector(3)}, {"w": vector(5)}],
        "decoder": (vector(7), Pair(vector(11), {})),
    }

    def loss(p):
        first, second = p["encoder"]
        y = first["w"] * second["w"] * p["decoder"][0]
        return dl.dlgradient(y, p)

    slopes = dl.dlfeval(loss, p)
    assert [layer["w"].item() for layer in slopes["encoder"]] == [35, 21]
    assert slopes["decoder"][0].item() == 15
    assert isinstance(slopes["decoder"][1], Pair)
    assert slopes["decoder"][1].w.item() == 0


def test_empty_containers():
    assert dl.dlfeval(lambda x: dl.dlgradient(x, x, {}, []), vector(3))[1:] == ({}, [])


def test_containers_and_single_variables_together():
    dx, dp = dl.dlfeval(
        lambda x, p: dl.dlgradient(dl.sum(x * p["w"]), x, p), vector(3), {"w": vector(5)}
    )
    assert (dx.item(), dp["w"].item()) == (5, 3)


def test_the_arguments_are_not_changed():
    x, p = vector(3), {"w": vector(5)}

    def loss(x, p):
        p["w"] = x
        x += 1
        return dl.dlgradient(x, x)

    dl.dlfeval(loss, x, p)
    assert (x.item(), p["w"].item(), x.node) == (3, 5, None)


def test_logical_arrays_are_no_variables():
    mask = dl.dlarray([True, False])
    assert values(gradient(lambda x: x * mask, vector(3, 5))) == [1, 0]
    with pytest.raises(dl.GradientError, match="was not passed to dlfeval as a dlarray"):
        gradient(lambda x, m: x * m, vector(3, 5), mask)


# -- what dlfeval returns
# ------------------------------------------------------------------------------------------------


def test_results_are_untraced():
    def function(x):
        return {"a": [x * 2, (x, "text")], "b": Pair(x, None)}

    result = dl.dlfeval(function, vector(3))
    leaves = [result["a"][0], result["a"][1][0], result["b"].w]
    assert [leaf.node for leaf in leaves] == [None] * 3
    assert [leaf.item() for leaf in leaves] == [6, 3, 3]
    assert (result["a"][1][1], result["b"].b) == ("text", None)


def test_results_keep_their_labels():
    Y = dl.dlfeval(lambda x: dl.sum(x, "S"), dl.dlarray(np.ones((2, 3, 5)), "SCB"))
    assert (dl.dims(Y), Y.shape) == ("SCB", (1, 3, 5))


def test_a_function_may_return_nothing():
    assert dl.dlfeval(lambda: None) is None


def test_a_value_carried_out_is_a_constant():
    kept = []
    dl.dlfeval(lambda x: kept.append(x * 2), vector(3))
    with pytest.raises(dl.GradientError, match="Value to differentiate is not traced"):
        dl.dlgradient(kept[0], kept[0])
    assert gradient(lambda x: x * kept[0], vector(5)).item() == 6


def test_a_value_carried_out_holds_no_memory_but_its_own():
    kept, intermediate = [], []

    def function(x):
        y = dl.exp(x)
        intermediate.append(weakref.ref(y.data))
        kept.append(y * y)

    dl.dlfeval(function, dl.dlarray(np.ones((3, 5))))
    gc.collect()
    assert intermediate[0]() is None


# -- higher derivatives
# ------------------------------------------------------------------------------------------------


def slope_of(function):
    """The gradient of a function's sum, inside and outside `dlfeval`."""

    def inside(x):
        y = dl.sum(function(x), "all")
        return dl.dlgradient(y, x, EnableHigherDerivatives=True)

    return lambda x: inside(x) if tape.current_tape() else dl.dlfeval(inside, x)


def test_derivatives_of_a_power():
    x = vector(2, 3)
    function = lambda x: x**4  # noqa: E731
    expected = [[32, 108], [48, 108], [48, 72], [24, 24]]
    for want in expected:
        function = slope_of(function)
        assert values(function(x)) == want


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x**3,
        lambda x: dl.exp(x) / (1 + x),
        lambda x: dl.log(x) * dl.sqrt(x),
        dl.tanh,
        dl.sigmoid,
        lambda x: dl.softmax(x) * x,
        lambda x: dl.sum(x, "S") * dl.mean(x, "B"),
        lambda x: dl.max(x, 1.0) ** 3 + dl.min(1.2, x) ** 2,
        lambda x: dl.max(x, dim="C") ** 3,
        lambda x: dl.min(x, dim="S") ** 3,
        lambda x: dl.relu(x - 1) ** 3,
        lambda x: dl.abs(x - 1) ** 3,
        lambda x: dl.cat("C", x, x * x)[:, 1:3] ** 2,
        lambda x: dl.mtimes(dl.reshape(x, 6, 5), dl.reshape(x, 5, 6)),
        lambda x: dl.stripdims(x, "BSC") ** 3,
        lambda x: x[:, [0, 2, 0]] ** 3,
    ],
    ids=[
        "power",
        "quotient",
        "log",
        "tanh",
        "sigmoid",
        "softmax",
        "reductions",
        "maximum",
        "max over C",
        "min over S",
        "relu",
        "abs",
        "cat",
        "mtimes",
        "stripdims",
        "indexing",
    ],
)
def test_second_derivatives(function, rng):
    checkGradients(slope_of(function), dl.dlarray(rng.uniform(0.5, 1.5, (2, 3, 5)), "SCB"))


def test_third_derivatives(rng):
    x = dl.dlarray(rng.uniform(0.5, 1.5, (3, 5)), "CB")
    checkGradients(slope_of(slope_of(lambda x: dl.exp(x) * dl.tanh(x))), x)


def test_a_gradient_penalty():
    def loss(w, x):
        y = dl.sum(w * x**2, "all")
        slope = dl.dlgradient(y, x, EnableHigherDerivatives=True)
        return dl.dlgradient(dl.sum((dl.sum(slope**2, "all") - 1) ** 2, "all"), w)

    w, x = 2.0, 3.0
    assert dl.dlfeval(loss, vector(w), vector(x)).item() == 2 * (4 * w**2 * x**2 - 1) * 8 * w * x**2


def test_the_second_derivative_of_a_linear_function_is_zero():
    def second(x):
        slope = dl.dlgradient(dl.sum(3 * x), x, EnableHigherDerivatives=True)
        return dl.dlgradient(dl.sum(slope), x)

    assert values(dl.dlfeval(second, vector(1, 2))) == [0, 0]


def test_without_higher_derivatives_a_gradient_is_a_constant():
    slopes = dl.dlfeval(
        lambda x: dl.dlgradient(dl.sum(dl.dlgradient(x**3, x) * x), x, RetainData=True), vector(2)
    )
    assert slopes.item() == 12


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


# -- errors
# ------------------------------------------------------------------------------------------------

NOT_TRACED = (
    r"dlgradient: Value to differentiate is not traced\. It must be a traced real dlarray scalar\. "
    "Use dlgradient inside a function called by dlfeval to trace the variables"
)


def test_outside_dlfeval():
    x = vector(3)
    with pytest.raises(dl.GradientError, match=NOT_TRACED + r"\.$"):
        dl.dlgradient(x * x, x)


def test_a_value_of_constants_only():
    with pytest.raises(dl.GradientError, match=NOT_TRACED + r"\. .* computed from constants only"):
        dl.dlfeval(lambda x: dl.dlgradient(vector(3), x), vector(5))


@pytest.mark.parametrize("value", [1.0, np.ones(1), None], ids=lambda v: type(v).__name__)
def test_a_value_that_is_no_dlarray(value):
    text = NOT_TRACED + rf"\. Got {type(value).__name__}\."
    with pytest.raises(dl.GradientError, match=text):
        dl.dlfeval(lambda x: dl.dlgradient(value, x), vector(5))


@pytest.mark.parametrize(
    ("shape", "fmt", "size"),
    [((3, 5), "CB", r"3\(C\) × 5\(B\)"), ((2, 1), "", "2×1"), ((0, 5), "CB", r"0\(C\) × 5\(B\)")],
    ids=["CB", "column", "empty"],
)
def test_a_value_that_is_no_scalar(shape, fmt, size):
    text = (
        r"dlgradient: Value to differentiate is non-scalar\. It must be a traced real dlarray "
        rf"scalar\. Its size is {size}; reduce it, for example with sum\(y, 'all'\)"
    )
    with pytest.raises(dl.GradientError, match=text):
        dl.dlfeval(lambda x: dl.dlgradient(x * 2, x), dl.dlarray(np.ones(shape), fmt))


def test_a_variable_that_was_not_passed_to_dlfeval():
    text = (
        r"dlgradient: variable 2, of size 1\(C\) × 1\(B\), is not traced: it was not passed to "
        "dlfeval as a dlarray"
    )
    with pytest.raises(dl.GradientError, match=text):
        dl.dlfeval(lambda x: dl.dlgradient(x, x, dl.dlarray([[1.0]], "CB")), vector(3))


def test_an_untraced_variable_in_a_container_is_named_by_its_key():
    with pytest.raises(dl.GradientError, match=r"variable 1.*weights.*was not passed to dlfeval"):
        dl.dlfeval(lambda x: dl.dlgradient(x, {"weights": vector(1)}), vector(3))


@pytest.mark.parametrize("value", [1.0, None, "w"], ids=lambda v: type(v).__name__)
def test_a_variable_that_is_no_dlarray(value):
    text = rf"dlgradient: variable 1.* holds {type(value).__name__}, not a dlarray"
    with pytest.raises(dl.GradientError, match=text):
        dl.dlfeval(lambda x: dl.dlgradient(x, [x, value]), vector(3))


def test_no_variable():
    with pytest.raises((TypeError, dl.GradientError), match="variable"):
        dl.dlfeval(lambda x: dl.dlgradient(x), vector(3))


def test_a_second_derivative_without_the_option_names_it():
    def second(x):
        return dl.dlgradient(dl.dlgradient(x**3, x), x)

    with pytest.raises(dl.GradientError, match="EnableHigherDerivatives=True in the inner dlgrad"):
        dl.dlfeval(second, vector(3))


def test_numpy_functions_without_a_rule_are_errors_under_the_tape():
    text = r"numpy\.spacing has no rule for labels .*extractdata"
    with pytest.raises(TypeError, match=text):
        gradient(lambda x: np.spacing(x), vector(3))


def test_dlfeval_needs_a_function():
    with pytest.raises(TypeError, match="dlfeval: the first argument must be a function; got dlar"):
        dl.dlfeval(vector(3))


def wrapped(op, x):
    return wrap(op(x), dl.dims(x))


def test_an_operator_without_derivative_is_named():
    @tape.operator
    def rounded(x):
        return np.round(x)

    with pytest.raises(dl.GradientError, match="rounded has no derivative"):
        gradient(lambda x: wrapped(rounded, x), vector(3))


def test_what_made_an_intermediate_variable_needs_no_derivative():
    @tape.operator
    def rounded(x):
        return np.round(x)

    def slope(x):
        y = wrapped(rounded, x)
        return dl.dlgradient(y * y, y)

    assert dl.dlfeval(slope, vector(2.4)).item() == 4


def test_an_operator_without_second_derivative_is_named():
    @tape.operator
    def cubed(x):
        return x**3

    @cubed.backward(recordable=False)
    def _(dy, y, x):
        return (dy * 3 * x**2,)

    assert gradient(lambda x: wrapped(cubed, x), vector(2)).item() == 12
    with pytest.raises(dl.GradientError, match="cubed has no second derivative"):
        gradient(slope_of(lambda x: wrapped(cubed, x)), vector(2))


def test_a_released_trace_is_an_error():
    def twice(x):
        y = dl.exp(x) * 2
        tape.gradients(y, np.ones((1, 1)), [x.node], free=True)
        return dl.dlgradient(y * y, x)

    with pytest.raises(dl.GradientError, match="The trace of this value was released"):
        dl.dlfeval(twice, vector(3))


def test_gradient_errors_are_runtime_errors():
    assert issubclass(dl.GradientError, RuntimeError)
