"""Linear algebra of unformatted arrays."""

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import checkGradients
from tests.holds import assert_holds

TOL = {"f4": 1e-4, "f8": 1e-11, "c8": 1e-4, "c16": 1e-11}


def normal(rng, *shape, dtype="f8"):
    data = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        data = data + 1j * rng.standard_normal(shape)
    return data.astype(dtype)


def close(X, values, dtype):
    assert X.dtype == np.dtype(dtype)
    assert dl.dims(X) == ""
    np.testing.assert_allclose(X.data, values, rtol=TOL[dtype], atol=TOL[dtype])


all_types = pytest.mark.parametrize("dtype", TOL)


# -- pages
# ------------------------------------------------------------------------------------------------


@all_types
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3, 4), (4, 5)),
        ((3, 4, 8, 2), (4, 5, 8, 2)),
        ((3, 4, 1, 2), (4, 5, 7, 1)),
        ((3, 4, 7), (4, 5)),
        ((3, 4), (4, 5, 7, 2)),
        ((3, 4, 0), (4, 5, 0)),
        ((3, 0, 2), (0, 5, 2)),
    ],
    ids=str,
)
def test_pagemtimes(a, b, dtype, rng):
    x, y = normal(rng, *a, dtype=dtype), normal(rng, *b, dtype=dtype)
    expected = np.einsum("ij...,jk...->ik...", *(_wide(v, max(len(a), len(b))) for v in (x, y)))
    close(dl.pagemtimes(dl.dlarray(x), y), expected, dtype)
    close(dl.pagemtimes(x, dl.dlarray(y)), expected, dtype)


def _wide(v, ndim):
    return v.reshape(v.shape + (1,) * (ndim - v.ndim))


@pytest.mark.parametrize("ta", ["none", "transpose", "ctranspose"])
@pytest.mark.parametrize("tb", ["none", "transpose", "CTranspose"])
def test_pagemtimes_with_transposes(ta, tb, rng):
    turn = {"none": lambda v: v, "transpose": lambda v: v.swapaxes(0, 1)}
    turn["ctranspose"] = lambda v: v.swapaxes(0, 1).conj()
    a, b = normal(rng, 3, 4, 7, dtype="c16"), normal(rng, 4, 5, 7, dtype="c16")
    got = dl.pagemtimes(turn[ta](a), ta, turn[tb.lower()](b), tb)
    close(got, np.einsum("ijp,jkp->ikp", a, b), "c16")


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((np.ones((3, 4)), dl.dlarray(np.ones((4, 5)), "CB")), dl.FormatError, "B must be unform"),
        ((dl.dlarray(np.ones((3, 4)), "CB"), 2.0), dl.FormatError, r"A must be .* got 3\(C\) × 4"),
        ((np.ones((3, 4)), np.ones((3, 5))), dl.ShapeError, r"fit\.\n  A: 3×4, .*\n  B: 3×5, "),
        ((np.ones((3, 4, 2)), np.ones((4, 5, 3))), dl.ShapeError, "A: 3×4×2, pages 3×4"),
        ((np.ones((3, 4)), "turn", np.ones((4, 5)), "none"), ValueError, "transposeA must be one"),
        ((np.ones((3, 4)), "none"), TypeError, "data of type <U4 are not possible"),
        ((np.ones((3, 4)), "none", 1), TypeError, "give two arrays, or a transpose after each"),
    ],
    ids=["formatted", "formatted, number", "inner", "pages", "option", "text", "count"],
)
def test_pagemtimes_errors(arguments, error, text):
    with pytest.raises(error, match=f"(?s)pagemtimes: .*{text}"):
        dl.pagemtimes(*arguments)


# -- systems
# ------------------------------------------------------------------------------------------------


@all_types
@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5)], ids=str)
def test_solutions(shape, dtype, rng):
    a, b = normal(rng, *shape, dtype=dtype), normal(rng, shape[0], 2, dtype=dtype)
    expected = np.linalg.lstsq(a.astype("c16"), b.astype("c16"), rcond=None)[0]
    expected = expected if np.dtype(dtype).kind == "c" else expected.real
    close(dl.mldivide(dl.dlarray(a), b), expected, dtype)
    close(dl.mrdivide(b.T, dl.dlarray(a.T)), expected.T, dtype)


def test_division_by_a_number_keeps_the_format():
    X = dl.dlarray(np.full((3, 5), 8.0), "CB")
    for number in (2, dl.dlarray(2.0), [2.0]):
        assert_holds(dl.mrdivide(X, number), "CB", np.full((3, 5), 4.0))
        assert_holds(dl.mldivide(number, X), "CB", np.full((3, 5), 4.0))
    assert_holds(dl.mrdivide([[8.0]], 2), "", [[4]])


@all_types
@pytest.mark.parametrize("n", [0, 1, 4])
def test_inverse_determinant_and_exponential(n, dtype, rng):
    a = normal(rng, n, n, dtype=dtype)
    X = dl.dlarray(a)
    close(dl.inv(X), np.linalg.inv(a), dtype)
    close(dl.det(X), [[np.linalg.det(a)]], dtype)
    close(dl.expm(X), series(a), dtype)


def series(a):
    """The exponential by its power series."""
    total = term = np.eye(len(a), dtype="c16")
    for i in range(1, 80):
        term = term @ a / i
        total = total + term
    return total if a.dtype.kind == "c" else total.real


def test_the_exponential_of_a_large_matrix(rng):
    a = 9 * normal(rng, 3, 3)
    values, vectors = np.linalg.eig(a)
    expected = (vectors @ np.diag(np.exp(values)) @ np.linalg.inv(vectors)).real
    np.testing.assert_allclose(dl.expm(dl.dlarray(a)).data, expected, rtol=1e-9)


@all_types
@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (1, 5)], ids=str)
def test_pseudoinverse(shape, dtype, rng):
    a = normal(rng, *shape, dtype=dtype)
    close(dl.pinv(dl.dlarray(a)), np.linalg.pinv(a), dtype)


def test_pseudoinverse_of_a_singular_matrix():
    a = np.outer([1.0, 2, 3], [1.0, 2])
    close(dl.pinv(dl.dlarray(a)), np.linalg.pinv(a), "f8")
    close(dl.pinv(dl.dlarray(np.zeros((3, 2)))), np.zeros((2, 3)), "f8")


SINGULAR = [[1.0, 2.0], [2.0, 4.0]]


@pytest.mark.parametrize(
    ("call", "function", "shape"),
    [
        ("inv", dl.inv, (2, 2)),
        ("mldivide", lambda a: dl.mldivide(a, [1.0, 2.0]), (2, 1)),
        ("mrdivide", lambda a: dl.mrdivide([[1.0, 2.0]], a), (1, 2)),
    ],
)
def test_a_singular_matrix_gives_inf_and_a_warning(call, function, shape):
    with pytest.warns(RuntimeWarning, match=f"{call}: the matrix is singular to working precision"):
        X = function(dl.dlarray(SINGULAR))
    assert_holds(X, "", np.full(shape, np.inf))


def test_nan_gives_nan():
    X = dl.dlarray([[1.0, np.nan], [2.0, 4.0]])
    for function in (dl.inv, dl.det, dl.pinv, dl.expm):
        assert np.isnan(function(X).data).all()


def test_logical_matrices_count_as_double():
    X = dl.dlarray(np.eye(2) > 0)
    assert dl.inv(X).dtype == dl.det(X).dtype == np.float64


@pytest.mark.parametrize("function", [dl.inv, dl.det, dl.expm], ids=lambda f: f.__name__)
def test_functions_of_square_matrices(function):
    name = function.__name__
    with pytest.raises(dl.ShapeError, match=f"{name}: X must be a square matrix; got 3×5"):
        function(dl.dlarray(np.ones((3, 5))))
    with pytest.raises(
        dl.FormatError, match=rf"{name}: X must be unformatted; got 3\(C\) × 3\(B\)"
    ):
        function(dl.dlarray(np.ones((3, 3)), "CB"))
    assert function(dl.dlarray(np.eye(3)[..., None])).shape in ((3, 3), (1, 1))


@pytest.mark.parametrize(
    ("function", "error", "text"),
    [
        (
            lambda: dl.pinv(dl.dlarray(np.ones((2, 3, 5)))),
            dl.ShapeError,
            "pinv: X must be a mat",
        ),
        (
            lambda: dl.mldivide(np.ones((3, 3)), dl.dlarray(np.ones((2, 3)))),
            dl.ShapeError,
            "mldivide: A and B need equal rows; A is 3×3, B 2×3",
        ),
        (
            lambda: dl.mrdivide(dl.dlarray(np.ones((3, 2))), np.ones((3, 3))),
            dl.ShapeError,
            "mrdivide: A and B need equal columns; A is 3×3, B 3×2",
        ),
        (
            lambda: dl.mldivide(np.ones((3, 3)), dl.dlarray(np.ones((3, 2)), "CB")),
            dl.FormatError,
            r"mldivide: B must be unformatted; got 3\(C\) × 2\(B\)",
        ),
    ],
)
def test_errors(function, error, text):
    with pytest.raises(error, match=text):
        function()


def test_the_determinant_of_a_singular_matrix_has_a_derivative():
    checkGradients(dl.det, dl.dlarray(SINGULAR))
    checkGradients(dl.det, dl.dlarray(np.zeros((2, 2))))


# -- sums of products
# ------------------------------------------------------------------------------------------------


def test_dot(rng):
    a, b = normal(rng, 3, 5), normal(rng, 3, 5)
    close(dl.dot(dl.dlarray(a), b), np.sum(a * b, 0, keepdims=True), "f8")
    close(dl.dot(a, dl.dlarray(b), 1), np.sum(a * b, 1, keepdims=True), "f8")
    close(dl.dot(dl.dlarray(a[:, :1]), b[:, :1].T), [[np.sum(a[:, 0] * b[:, 0])]], "f8")


@pytest.mark.parametrize("dim", [None, 1])
def test_cross(dim, rng):
    a, b = normal(rng, 2, 3, 3), normal(rng, 2, 3, 3)
    close(dl.cross(dl.dlarray(a), b, dim), np.cross(a, b, axis=1), "f8")


@all_types
def test_kron(dtype, rng):
    a, b = normal(rng, 2, 3, dtype=dtype), normal(rng, 5, 7, dtype=dtype)
    close(dl.kron(dl.dlarray(a), b), np.kron(a, b), dtype)


@pytest.mark.parametrize(
    ("a", "b", "axes"),
    [
        ((2, 3, 5), (5, 2, 7), ((0, 2), (1, 0))),
        ((2, 3), (3, 7), (1, 0)),
        ((2, 3), (2, 3), ((0, 1), None)),
        ((2, 3), (5, 7), ((), ())),
    ],
    ids=str,
)
def test_tensorprod(a, b, axes, rng):
    x, y = normal(rng, *a), normal(rng, *b)
    full = (axes[0], axes[0] if axes[1] is None else axes[1])
    expected = np.tensordot(x, y, full)
    got = dl.tensorprod(dl.dlarray(x), y, *axes)
    close(got, expected.reshape(expected.shape + (1,) * (2 - expected.ndim)), "f8")


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda a: dl.dot(a, np.ones((5, 3))), "dot: A and B need the same size; A is 3×5, B 5×3"),
        (
            lambda a: dl.cross(a, np.ones((3, 5)), 1),
            "cross: .* size 3; axis 1 of 3×5 has 5",
        ),
        (
            lambda a: dl.cross(np.ones((2, 2)), np.ones((2, 2))),
            "cross: the dimension of the",
        ),
        (lambda a: dl.kron(a, np.ones((2, 3, 5))), "kron: A and B must be matrices; A is 3×5, B 2"),
        (
            lambda a: dl.tensorprod(a, np.ones((2, 3)), 1, 0),
            r"tensorprod: the paired dimensions differ in size: \(1,\) of 3×5 and \(0,\) of 2×3",
        ),
    ],
)
def test_sizes_of_sums_of_products(function, text):
    with pytest.raises(dl.ShapeError, match=text):
        function(dl.dlarray(np.ones((3, 5))))
    with pytest.raises(dl.FormatError, match="dot: A must be unformatted"):
        dl.dot(dl.dlarray([1.0], "C"), [1.0])
