"""`dljacobian`, `dldivergence`, `dllaplacian`: values, sizes, nesting, errors."""

import numpy as np
import pytest

import dlarray as dl
from dlarray import tape
from dlarray.testing import checkGradients
from tests.array.gradients import vector

ALL = [dl.dljacobian, dl.dldivergence, dl.dllaplacian]


def random(rng, *shape):
    return dl.dlarray(rng.standard_normal(shape))


def evaluated(function, *xs):
    return dl.dlfeval(function, *xs).extractdata()


# -- dljacobian


def test_jacobian_of_a_linear_map_is_its_matrix(rng):
    a = rng.standard_normal((5, 3))
    got = evaluated(lambda x: dl.dljacobian(a @ x, x, 0), vector(1, 2, 3))
    assert got.shape == (5, 3, 1)
    np.testing.assert_allclose(got[:, :, 0], a, rtol=1e-14)


def test_size_of_a_jacobian_is_that_of_the_entries_and_of_x():
    def jacobian(x, w):
        u = dl.mtimes(w, dl.reshape(x, 6, 7))  # 5 × 7 from 2 × 3 × 7
        return dl.dljacobian(u, x, 0)

    x, w = dl.dlarray(np.ones((2, 3, 7))), dl.dlarray(np.ones((5, 6)))
    assert dl.dlfeval(jacobian, x, w).shape == (5, 2, 3, 7)


def test_golden_size_of_a_network_of_images():
    """5 outputs for 128 images of 16 × 16 × 3: 5 × 16 × 16 × 3 × 128."""

    def jacobian(X, w):
        Y = dl.fullyconnect(X, w, np.zeros(5))
        X = dl.stripdims(X)  # stripped after Y was made of the formatted X
        return dl.dljacobian(dl.stripdims(Y), X, 0, EnableHigherDerivatives=False)

    X = dl.dlarray(np.ones((16, 16, 3, 128), "f4"), "SSCB")
    w = np.arange(5 * 768.0).reshape(5, 768).astype("f4")
    J = dl.dlfeval(jacobian, X, w)
    assert (J.shape, dl.dims(J), J.dtype) == ((5, 16, 16, 3, 128), "", np.float32)
    expected = w.reshape(5, 16, 16, 3, order="F")
    np.testing.assert_array_equal(J.extractdata()[..., 127], expected)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_jacobian_is_the_gradient_of_each_entry(dim, rng):
    def both(x):
        u = dl.stripdims(dl.softmax(dl.dlarray(x, "CB"))) * x**2
        jacobian = dl.dljacobian(u, x, dim)
        slices = [u[i] if dim == 0 else u[:, i] for i in range(u.shape[dim])]
        return jacobian, [dl.dlgradient(dl.sum(part, "all"), x) for part in slices]

    jacobian, rows = dl.dlfeval(both, random(rng, 3, 5))
    expected = np.stack([row.extractdata() for row in rows])
    np.testing.assert_allclose(jacobian.extractdata(), expected, rtol=1e-13, atol=1e-15)


def test_one_entry_has_no_leading_dimension(rng):
    x = random(rng, 2, 7)
    got = evaluated(lambda x: dl.dljacobian(dl.sum(x**2, 0), x, 0), x)
    np.testing.assert_allclose(got, 2 * x.extractdata())
    got = evaluated(lambda x: dl.dljacobian(dl.sum(x**2, "all"), x, 1), random(rng, 1, 7))
    assert got.shape == (1, 7)


def test_a_dimension_beyond_those_of_u_has_one_entry(rng):
    x = random(rng, 3, 5)
    np.testing.assert_array_equal(evaluated(lambda x: dl.dljacobian(2 * x, x, 2), x), 2)


def test_entries_that_do_not_depend_on_x_are_zero():
    def jacobian(x, y):
        return dl.dljacobian(dl.cat(0, x[0], y), x, 0)

    np.testing.assert_array_equal(
        evaluated(jacobian, vector(1, 2), vector(3))[:, :, 0], [[1, 0], [0, 0]]
    )


def test_no_entries(rng):
    got = evaluated(lambda x: dl.dljacobian(x[:0], x, 0), random(rng, 3, 5))
    assert got.shape == (0, 3, 5)


# -- dldivergence


@pytest.mark.parametrize("dim", [0, 1])
def test_divergence_is_the_trace_of_the_jacobian(dim, rng):
    a = rng.standard_normal((3, 3))

    def both(x):
        u = dl.tanh(a @ x) * x if dim == 0 else dl.tanh(x @ a) * x
        return dl.dldivergence(u, x, dim), dl.dljacobian(u, x, dim)

    divergence, jacobian = dl.dlfeval(both, random(rng, 3, 3))
    J = jacobian.extractdata()
    expected = np.einsum("iib->b" if dim == 0 else "ibi->b", J)
    assert divergence.shape == ((1, 3) if dim == 0 else (3, 1))
    np.testing.assert_allclose(divergence.extractdata().ravel(), expected, rtol=1e-12)


def test_divergence_of_a_constant_is_zero():
    got = evaluated(lambda x: dl.dldivergence(x * 0 + 1 + 0 * dl.sign(x), x, 0), vector(1, 2))
    np.testing.assert_array_equal(got, [[0]])


def test_divergence_needs_equal_sizes(rng):
    text = (
        r"dldivergence: u and x differ in size along dimension 0\.\n  u: 2×5 \(unformatted\)\n"
        r"  x: 3×5 \(unformatted\)"
    )
    with pytest.raises(dl.ShapeError, match=text):
        dl.dlfeval(lambda x: dl.dldivergence(x[:2], x, 0), random(rng, 3, 5))


# -- dllaplacian


def test_laplacian_of_a_quadratic_is_twice_the_trace(rng):
    a = rng.standard_normal((5, 5))
    got = evaluated(lambda x: dl.dllaplacian(dl.sum(x * (a @ x), 0), x, 0), random(rng, 5, 7))
    assert got.shape == (1, 7)
    np.testing.assert_allclose(got, np.full((1, 7), 2 * np.trace(a)), rtol=1e-12)


def test_laplacian_is_the_trace_of_the_matrix_of_second_derivatives(rng):
    def function(x):
        return dl.sum(dl.exp(x[0] * x[1]) + x[2] ** 3 * x[0], "all")

    def both(x):
        u = function(x)
        slope = dl.dlgradient(u, x, EnableHigherDerivatives=True)
        return dl.dllaplacian(u, x, 0), dl.dljacobian(slope, x, 0)

    laplacian, hessian = dl.dlfeval(both, vector(0.3, -0.7, 1.1))
    np.testing.assert_allclose(laplacian.item(), np.trace(hessian.extractdata()[:, :, 0]))


def test_laplacian_of_a_linear_function_is_zero():
    for function in (lambda x: dl.sum(3 * x, 0), lambda x: dl.sum(x, 0)):
        got = evaluated(lambda x, f=function: dl.dllaplacian(f(x), x, 0), vector(1, 2))
        np.testing.assert_array_equal(got, [[0]])


def test_laplacian_of_a_function_summed_over_observations(rng):
    t = random(rng, 1, 7)
    got = evaluated(lambda t: dl.dllaplacian(dl.sum(t**3, "all"), t, 0), t)
    np.testing.assert_allclose(got, 6 * t.extractdata())


def test_laplacian_keeps_the_diagonal_only(monkeypatch, rng):
    """No array of the passes is larger than x: the second derivatives never lie side by side."""
    sizes = []
    call = tape.Operator.__call__

    def watched(self, *arguments, **options):
        result = call(self, *arguments, **options)
        sizes.append(np.size(result.data if isinstance(result, tape.Traced) else result))
        return result

    monkeypatch.setattr(tape.Operator, "__call__", watched)
    dl.dlfeval(lambda x: dl.dllaplacian(dl.sum(x**3, 0), x, 0), random(rng, 11, 3))
    assert max(sizes) == 33


def test_laplacian_needs_one_entry(rng):
    text = r"dllaplacian: u must have size 1 along dimension 0; got 3×5 \(unformatted\)\. Sum it"
    with pytest.raises(dl.ShapeError, match=text):
        dl.dlfeval(lambda x: dl.dllaplacian(x**2, x, 0), random(rng, 3, 5))


# -- differentiated again


@pytest.mark.parametrize(
    "derivative",
    [
        lambda x: dl.dljacobian(dl.exp(x) * dl.sum(x, 0), x, 0),
        lambda x: dl.dldivergence(dl.exp(x) * dl.sum(x, 0), x, 0),
        lambda x: dl.dllaplacian(dl.exp(dl.sum(x**2, 0)), x, 0),
    ],
    ids=["jacobian", "divergence", "Laplacian"],
)
def test_derivatives_can_be_differentiated_by_default(derivative, rng):
    def function(x):
        return derivative(x) if tape.current_tape() else dl.dlfeval(derivative, x)

    checkGradients(function, dl.dlarray(rng.uniform(-0.5, 0.5, (3, 5))))


@pytest.mark.parametrize("derivative", ALL, ids=lambda f: f.__name__)
def test_without_higher_derivatives_the_result_is_a_constant(derivative):
    def nested(x):
        result = derivative(dl.sum(x**3, 0), x, 0, EnableHigherDerivatives=False)
        return dl.dlgradient(dl.sum(result, "all"), x)

    with pytest.raises(dl.GradientError, match="EnableHigherDerivatives=True in the inner"):
        dl.dlfeval(nested, dl.dlarray([[2.0]]))


def test_a_laplacian_within_a_loss(rng):
    """A physics-informed loss: the residual of u'' = f, differentiated by the weights of u."""

    def network(w, x):
        return w[2] * dl.tanh(w[0] * x + w[1])

    def residual(w, x):
        u = network(w, x)
        return dl.sum((dl.dllaplacian(u, x, 0) - dl.exp(x)) ** 2, "all")

    def loss(w, x):
        return residual(w, x) if tape.current_tape() else dl.dlfeval(residual, w, x)

    x = random(rng, 1, 7)
    slope = dl.dlfeval(lambda w, x: dl.dlgradient(residual(w, x), w), vector(0.7, -0.2, 1.3), x)
    h = 1e-5
    for i in range(3):
        values = []
        for step in (h, -h):
            w = np.array([0.7, -0.2, 1.3])
            w[i] += step
            values.append(loss(vector(*w), x).item())
        np.testing.assert_allclose(slope[i].item(), (values[0] - values[1]) / (2 * h), rtol=1e-6)


def test_three_levels():
    def third(x):
        first = dl.dljacobian(x**4, x, 0)
        second = dl.dljacobian(first, x, 0)
        return dl.dljacobian(second, x, 0)

    assert dl.dlfeval(third, vector(2)).item() == 48


# -- errors


@pytest.mark.parametrize("derivative", ALL, ids=lambda f: f.__name__)
class TestErrors:
    def test_labels(self, derivative):
        x = dl.dlarray(np.ones((3, 5)), "CB")
        name = derivative.__name__
        text = rf"{name}: u must be unformatted; got 3\(C\) × 5\(B\)\. Take stripdims of it first"
        with pytest.raises(dl.FormatError, match=text):
            dl.dlfeval(lambda x: derivative(x, x, 0), x)
        with pytest.raises(dl.FormatError, match=rf"{name}: x must be unformatted"):
            dl.dlfeval(lambda x: derivative(dl.stripdims(x), x, 0), x)

    def test_untraced_value(self, derivative):
        text = (
            rf"{derivative.__name__}: Value to differentiate is not traced\. It must be a traced "
            rf"real dlarray\. Use {derivative.__name__} inside a function called by dlfeval"
        )
        with pytest.raises(dl.GradientError, match=text):
            derivative(vector(1), vector(1), 0)

    def test_untraced_variable(self, derivative):
        text = rf"{derivative.__name__}: x, of size 1×1, is not traced: it was not passed to dlfev"
        with pytest.raises(dl.GradientError, match=text):
            dl.dlfeval(lambda u: derivative(u, vector(1), 0), vector(1))

    def test_dimension(self, derivative):
        name = derivative.__name__
        with pytest.raises(TypeError, match=f"{name}: dim must be an integer.*; got 'C'"):
            dl.dlfeval(lambda x: derivative(x, x, "C"), vector(1))
        with pytest.raises(ValueError, match=rf"{name}: dim must be a dimension of 1×1, .*got -3"):
            dl.dlfeval(lambda x: derivative(x, x, -3), vector(1))

    def test_options(self, derivative):
        with pytest.raises(TypeError, match="there is no option EnableHigher"):
            dl.dlfeval(lambda x: derivative(x, x, 0, EnableHigher=True), vector(1))
        with pytest.raises(ValueError, match="EnableHigherDerivatives must be true or false"):
            dl.dlfeval(lambda x: derivative(x, x, 0, EnableHigherDerivatives="on"), vector(1))
