"""`deep.DifferentiableFunction`: values, gradients, formats, memory, errors."""

import gc
import weakref

import numpy as np
import pytest

import dlarray as dl
from dlarray.deep import DifferentiableFunction
from dlarray.testing import checkGradients
from tests.array.gradients import gradient, vector


class Product(DifferentiableFunction):
    """x w, by NumPy, with the inputs as memory."""

    def forward(self, x, w):
        return x * w, x, w

    def backward(self, dy, x, w):
        return dy * w, dy * x


class Both(DifferentiableFunction):
    """Two outputs of different sizes and kinds: x w with labels, and exp(x) as an array."""

    def __init__(self):
        super().__init__(2, SaveInputsForBackward=True, SaveOutputsForBackward=True)

    def forward(self, x, w):
        return x * w, np.exp(x.extractdata()), 5

    def backward(self, dy, de, x, w, y, e, memory):
        assert (memory, y.shape, e.shape) == (5, x.shape, x.shape)
        assert isinstance(de, np.ndarray) and de.flags.writeable
        assert dl.dims(dy) == dl.dims(x)
        return dy * w + de * e, lambda: dy * x


class Given(DifferentiableFunction):
    """2 x, with a backward that returns what it is told to."""

    def __init__(self, returned, **options):
        super().__init__(**options)
        self.returned = returned

    def forward(self, *inputs):
        return 2 * inputs[0]

    def backward(self, dy):
        return self.returned


def random(rng, fmt="CB"):
    return dl.dlarray(rng.standard_normal((3, 5)), fmt)


@pytest.mark.parametrize("fmt", ["CB", "BT", "SS", ""])
def test_gradients_of_one_output(fmt, rng):
    x, w = random(rng, fmt), random(rng, fmt)
    assert dl.dims(Product()(x, w)) == fmt
    checkGradients(Product(), x, w)


@pytest.mark.parametrize("fmt", ["CB", ""])
def test_gradients_of_several_outputs(fmt, rng):
    x, w, both = random(rng, fmt), random(rng, fmt), Both()
    y, e = both(x, w)
    assert (dl.dims(y), dl.dims(e)) == (fmt, "")
    np.testing.assert_array_equal(y.extractdata(), (x * w).extractdata())
    np.testing.assert_array_equal(e.extractdata(), np.exp(x.extractdata()))
    for pick in (lambda y, e: y, lambda y, e: e, lambda y, e: y.stripdims() * e):
        checkGradients(lambda x, w, pick=pick: pick(*both(x, w)), x, w)


def test_outputs_of_different_sizes_and_types():
    class Split(DifferentiableFunction):
        NumOutputs = 2

        def forward(self, x):
            return x[0], dl.single(x[1:])

        def backward(self, d0, d1):
            assert (d0.shape, d1.shape, d0.dtype, d1.dtype) == ((1, 1), (2, 1), "f8", "f4")
            return dl.cat(0, d0, dl.double(d1))

    def slope(x):
        a, b = Split()(x)
        assert (a.dtype, b.dtype) == (np.float64, np.float32)
        return dl.dlgradient(3 * a + dl.sum(b * dl.single(vector(5, 7))), x)

    assert dl.dlfeval(slope, vector(1, 2, 3)).extractdata().ravel().tolist() == [3, 5, 7]


def test_backward_is_called_once_for_all_outputs(rng):
    calls = []

    class Counted(Both):
        def backward(self, *values):
            calls.append(1)
            return super().backward(*values)

    def loss(x, w):
        y, e = Counted()(x, w)
        return dl.dlgradient(dl.sum(y.stripdims() * e * e, "all"), x, w)

    dl.dlfeval(loss, random(rng), random(rng))
    assert calls == [1]


def test_single_stays_single(rng):
    x = dl.single(random(rng))
    slope = gradient(lambda x: Product()(x, x), x)
    assert (Product()(x, x).dtype, slope.dtype) == (np.float32, np.float32)
    double = Given(np.full((3, 5), 7.0))
    assert gradient(double, x).dtype == np.float32


def test_an_input_used_twice_gets_the_sum(rng):
    x = random(rng)
    slope = gradient(lambda x: Product()(x, x), x)
    np.testing.assert_allclose(slope.extractdata(), 2 * x.extractdata())


def test_methods_get_constants_and_outputs_are_traced():
    seen = []

    class Watched(Product):
        def forward(self, x, w):
            seen.append((x.node, w.node))
            return super().forward(x, w)

    def loss(x):
        y = Watched()(x, vector(5))
        assert y.node is not None
        return dl.dlgradient(y, x)

    assert dl.dlfeval(loss, vector(3)).item() == 5
    assert seen == [(None, None)]


def test_other_inputs_are_constants():
    class Scaled(DifferentiableFunction):
        def forward(self, x, factor, mode):
            assert mode == "mode"
            return x * factor, factor

        def backward(self, dy, factor):
            return dy * factor, None, None

    assert gradient(lambda x: Scaled()(x, np.full((2, 1), 3.0), "mode"), vector(1, 2)).shape == (
        2,
        1,
    )


def test_a_gradient_may_be_none_or_computed_on_demand():
    asked = []

    class Lazy(DifferentiableFunction):
        def forward(self, x, w):
            return x * 1

        def backward(self, dy):
            def second():
                asked.append(1)
                return dy

            return None, second

    slopes = gradient(Lazy(), vector(3), vector(5))
    assert [slope.item() for slope in slopes] == [0, 1]
    gradient(lambda x: Lazy()(x, vector(5)), vector(3))
    assert asked == [1]


def test_one_gradient_may_be_a_list():
    assert gradient(Given([vector(7)]), vector(3)).item() == 7


def test_arrays_of_the_user_are_copied():
    """A buffer that forward or backward uses again must not reach results."""
    buffer = np.zeros((1, 1))

    class Reusing(DifferentiableFunction):
        def forward(self, x):
            buffer[...] = x.extractdata()
            return buffer

        def backward(self, dy):
            buffer[...] = 7
            return buffer

    y, slope = dl.dlfeval(lambda x: (y := Reusing()(x), dl.dlgradient(y, x)), vector(3))
    buffer[...] = 99
    assert (y.item(), slope.item()) == (3, 7)


def test_a_function_without_dlarrays_only_computes():
    assert Product()(np.ones((2, 1)), 3.0).shape == (2, 1)


def test_a_constructor_need_not_call_that_of_the_base(rng):
    class Bare(Product):
        def __init__(self):
            self.note = "own"

    checkGradients(Bare(), random(rng), random(rng))


def test_what_is_not_saved_is_not_kept():
    kept = []

    class Forgetful(DifferentiableFunction):
        def forward(self, x):
            return x * 2

        def backward(self, dy):
            return 2 * dy

    class Keeping(DifferentiableFunction):
        SaveInputsForBackward = True

        def forward(self, x):
            return x * 2

        def backward(self, dy, x):
            return 2 * dy

    def alive(function):
        def loss(x):
            middle = dl.exp(x) + 1
            seen = weakref.ref(dl.extractdata(middle).base)
            y = function(middle)
            del middle
            gc.collect()
            kept.append(seen() is not None)
            return dl.dlgradient(y, x)

        return dl.dlfeval(loss, vector(0)).item()

    assert (alive(Forgetful()), alive(Keeping())) == (2, 2)
    assert kept == [False, True]


def test_a_dlfeval_within_the_methods():
    class Nested(DifferentiableFunction):
        def forward(self, x):
            return gradient(lambda x: x**3, x), x

        def backward(self, dy, x):
            return dy * gradient(lambda x: 3 * x**2, x)

    checkGradients(Nested(), vector(2, 3))


def test_checked_gradients_find_a_wrong_backward(rng):
    class Wrong(Product):
        def backward(self, dy, x, w):
            return 1.001 * dy * w, dy * x

    with pytest.raises(AssertionError, match="gradient differs"):
        checkGradients(Wrong(), random(rng), random(rng))


# -- errors


def test_a_second_derivative_names_the_class():
    def second(x):
        return dl.dlgradient(Product()(x, x), x, EnableHigherDerivatives=True)

    with pytest.raises(dl.GradientError, match="Product has no second derivative"):
        dl.dlfeval(second, vector(3))

    with pytest.raises(dl.GradientError, match="Product has no second derivative"):
        dl.dlfeval(lambda x: dl.dllaplacian(Product()(x, x), x, 0), vector(3))


@pytest.mark.parametrize(
    ("returned", "inputs", "error", "text"),
    [
        (
            (vector(1), vector(1)),
            1,
            ValueError,
            "backward must return one gradient for each of 1 inputs, None for an input without; it "
            "returned 2 values",
        ),
        (vector(1), 2, ValueError, "each of 2 inputs, .* it returned 1 values"),
        (
            vector(1, 2),
            1,
            dl.ShapeError,
            r"the gradient of input 1 that backward returned must have the size of the input\.\n"
            r"  input:    1\(C\) × 1\(B\)\n  gradient: 2×1 \(unformatted\)",
        ),
        (
            dl.dlarray([[1.0]], "BT"),
            1,
            dl.ShapeError,
            r"must have the size of the input\.\n  input:    1\(C\) × 1\(B\)\n  gradient: 1\(B\) ×",
        ),
        ("text", 1, TypeError, "input 1 that backward returned: data of type <U4 are not possible"),
        (
            dl.dlarray([[True]]),
            1,
            TypeError,
            r"that backward returned must be float64, of size 1\(C\) × 1\(B\); got 1×1 .* bool",
        ),
    ],
    ids=["too many", "too few", "size", "labels", "text", "logical"],
)
def test_wrong_gradients(returned, inputs, error, text):
    def loss(x):
        return dl.dlgradient(dl.stripdims(Given(returned)(*[x] * inputs)), x)

    with pytest.raises(error, match=f"Given: .*{text}"):
        dl.dlfeval(loss, dl.dlarray([[3.0]], "CB"))


def test_a_gradient_of_a_constant_input():
    text = "Given: input 2 is str, not a dlarray, and has no gradient. Let backward return None"
    with pytest.raises(TypeError, match=text):
        gradient(lambda x: Given((vector(1), vector(1)))(x, "mode"), vector(3))


def test_wrong_numbers_of_outputs():
    text = "Given: forward must return 2 outputs; it returned 1 values"
    with pytest.raises(ValueError, match=text):
        Given(None, numOutputs=2)(vector(3))
    text = "Given: forward must return 1 outputs and 2 memory values; it returned 1 values"
    with pytest.raises(ValueError, match=text):
        Given(None, NumMemoryValues=2)(vector(3))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (dl.dlarray([True]), r"must be single or double; got 1×1 \(unformatted\) bool"),
        (None, "data are Python objects"),
    ],
    ids=["logical", "None"],
)
def test_outputs_that_are_no_numbers(value, text):
    class Other(DifferentiableFunction):
        def forward(self, x):
            return value

    with pytest.raises(TypeError, match=f"Other: output 1 of forward.*{text}"):
        Other()(vector(3))


def test_missing_methods():
    class Nothing(DifferentiableFunction):
        pass

    class Half(DifferentiableFunction):
        def forward(self, x):
            return x * 2

    with pytest.raises(TypeError, match=r"Nothing has no forward method\. Define forward"):
        Nothing()(vector(3))
    with pytest.raises(TypeError, match=r"Half has no backward method\. Define backward"):
        gradient(Half(), vector(3))


def test_a_captured_variable_is_an_error():
    def loss(x, w):
        class Capturing(DifferentiableFunction):
            def forward(self, x):
                return x * w

        return Capturing()(x)

    text = "Capturing: value 1 of forward is traced: forward has used a traced array that is no in"
    with pytest.raises(dl.GradientError, match=text):
        dl.dlfeval(loss, vector(3), vector(5))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"numOutputs": 0}, "Given: numOutputs must be a positive integer; got 0"),
        ({"NumMemoryValues": -1}, "Given: NumMemoryValues must be an integer, at least 0; got -1"),
        ({"SaveInputsForBackward": "x"}, "Given: SaveInputsForBackward must be true or false"),
        ({"SaveOutputsForBackward": 2}, "Given: SaveOutputsForBackward must be true or false"),
    ],
    ids=lambda value: "",
)
def test_wrong_options(options, text):
    with pytest.raises(ValueError, match=text):
        Given(None, **options)
