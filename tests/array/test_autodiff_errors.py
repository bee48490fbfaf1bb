"""`dlfeval` and `dlgradient`: what raises an error, and what it says."""

import numpy as np
import pytest

import dlarray as dl
from dlarray import tape
from dlarray.array import wrap
from dlarray.operators import cast
from tests.array.gradients import gradient, slope_of, vector

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


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"RetainData": "yes"}, "dlgradient: RetainData must be true or false; got 'yes'"),
        ({"EnableHigherDerivatives": 2}, "EnableHigherDerivatives must be true or false; got 2"),
        ({"AllowComplex": None}, "dlgradient: AllowComplex must be true or false; got None"),
    ],
    ids=["RetainData", "EnableHigherDerivatives", "AllowComplex"],
)
def test_options_are_true_or_false(options, text):
    with pytest.raises(ValueError, match=text):
        dl.dlfeval(lambda x: dl.dlgradient(x, x, **options), vector(3))


def test_an_unknown_option_is_named():
    text = r"dlgradient: there is no option Retaindata\. Did you mean RetainData\?"
    with pytest.raises(TypeError, match=text):
        dl.dlfeval(lambda x: dl.dlgradient(x, x, **{"Retaindata": True}), vector(3))


def test_dlfeval_passes_every_keyword():
    """No name of a parameter of dlfeval is taken from the function."""
    assert dl.dlfeval(lambda *, function: dl.dlgradient(function, function), function=vector(3))


def test_functions_without_a_rule_warn_of_extractdata_under_the_tape():
    text = (
        r"numpy\.spacing has no rule for labels here, nor a derivative\. If a function of dlarray "
        r"with this name rejects the labels, take stripdims first\. Else rewrite: compose it from "
        r"functions of dlarray\. extractdata gives the values alone, but it stops gradients\."
    )
    with pytest.raises(TypeError, match=text):
        gradient(lambda x: np.spacing(x), vector(3))
    with pytest.raises(TypeError, match="or use extractdata for the values alone"):
        np.spacing(vector(3))


# -- complex values, where a type of complex numbers exists


@tape.operator
def turned(x):
    """i x."""
    return x * 1j


@turned.backward
def _(dy, _y, _x):
    return (imaginary(dy),)


@tape.operator
def imaginary(x):
    """The imaginary part."""
    return x.imag


@imaginary.backward
def _(dy, _y, _x):
    return (turned(dy),)


def test_a_complex_value_to_differentiate():
    text = r"dlgradient: Value to differentiate is complex\. It must be real: take real, imag"
    with pytest.raises(dl.GradientError, match=text):
        dl.dlfeval(lambda x: dl.dlgradient(wrapped(turned, x), x), vector(3))


def test_a_logical_value_to_differentiate():
    @tape.operator
    def positive(x):
        return x > 0

    text = r"dlgradient: Value to differentiate is logical\. It must be real: take single or double"
    with pytest.raises(dl.GradientError, match=text):
        dl.dlfeval(lambda x: dl.dlgradient(wrapped(positive, x), x), vector(3))


def test_complex_values_between_are_allowed_unless_said_otherwise():
    def slope(x, **options):
        beside = wrapped(turned, x)  # leads to nothing that is differentiated
        y = wrapped(imaginary, wrapped(turned, x * 2)) ** 2
        return dl.dlgradient(y, x, **options), beside is x

    assert dl.dlfeval(slope, vector(3))[0].item() == 24
    text = (
        "dlgradient: the result of turned is complex, of size 1×1, and AllowComplex is False. Set "
        "AllowComplex=True"
    )
    with pytest.raises(dl.GradientError, match=text):
        dl.dlfeval(slope, vector(3), AllowComplex=False)


def test_complex_values_elsewhere_do_not_matter():
    def slope(x):
        beside = wrapped(turned, x)
        y = x * 2
        z = wrapped(turned, y)
        return dl.dlgradient(y**2, x, AllowComplex=False), beside.size + z.size

    assert dl.dlfeval(slope, vector(3))[0].item() == 24


@tape.operator
def real_part(x):
    """The real part."""
    return x.real


@real_part.backward
def _(dy, _y, _x):
    return (cast(dy, dtype=_x.dtype),)


def test_a_complex_array_is_a_variable():
    def slope(z, **options):
        return dl.dlgradient(wrapped(real_part, z), z, **options)

    z = wrap(np.array([[3 + 5j]]), "")
    dz = dl.dlfeval(slope, z)
    assert (dz.dtype, dz.item()) == (np.complex128, 1)
    text = "dlgradient: a variable is complex, of size 1×1, and AllowComplex is False"
    with pytest.raises(dl.GradientError, match=text):
        dl.dlfeval(slope, z, AllowComplex=False)
