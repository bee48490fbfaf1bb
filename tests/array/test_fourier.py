"""Fourier transforms of unformatted arrays."""

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import checkGradients

TYPES = {"f4": ("c8", 1e-5), "f8": ("c16", 1e-13), "c8": ("c8", 1e-5), "c16": ("c16", 1e-13)}


def data(rng, dtype, *shape):
    values = rng.standard_normal(shape)
    return (values + 1j if np.dtype(dtype).kind == "c" else values).astype(dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("n", "dim"), [(None, None), (7, None), (3, 0), (4, 1), (2, 2)])
@pytest.mark.parametrize("name", ["fft", "ifft"])
def test_transforms(name, n, dim, dtype, rng):
    x = data(rng, dtype, 5, 3, 2)
    expected = getattr(np.fft, name)(x.astype("c16"), n, axis=0 if dim is None else dim)
    got = getattr(dl, name)(dl.dlarray(x), n, dim)
    result, tolerance = TYPES[dtype]
    assert (got.dtype, dl.dims(got)) == (np.dtype(result), "")
    np.testing.assert_allclose(got.data, expected, rtol=0, atol=tolerance * 10)


def test_the_first_dimension_of_size_other_than_1_is_transformed():
    row = dl.dlarray([[1.0, 2.0, 3.0]])
    np.testing.assert_allclose(dl.fft(row).data, np.fft.fft([[1.0, 2, 3]]))


@pytest.mark.parametrize("arguments", [("symmetric",), (None, "symmetric"), (3, 0, "Symmetric")])
def test_the_inverse_of_the_transform_of_real_data(arguments, rng):
    x = rng.standard_normal((3, 5))
    back = dl.ifft(dl.fft(dl.dlarray(x)), *arguments)
    assert back.dtype == np.float64
    np.testing.assert_allclose(back.data, x, atol=1e-14)


def test_logical_data_count_as_double():
    assert dl.fft(dl.dlarray([True, False])).dtype == np.complex128


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((dl.dlarray([1.0], "T"),), dl.FormatError, r"only unformatted data are .* got 1\(T\)"),
        ((np.ones(3),), TypeError, "X must be a dlarray"),
        ((dl.dlarray([1.0]), 0), ValueError, "n must be a positive integer; got 0"),
        ((dl.dlarray([1.0]), None, 2), ValueError, "axis 2 is not one of the 2 dimensions"),
        ((dl.dlarray(np.ones((0, 2))), None, 0), dl.ShapeError, "there is nothing to transform"),
    ],
)
@pytest.mark.parametrize("name", ["fft", "ifft"])
def test_errors(name, arguments, error, text):
    with pytest.raises(error, match=f"{name}: {text}"):
        getattr(dl, name)(*arguments)


def test_the_flag_is_checked():
    with pytest.raises(ValueError, match='ifft: symflag must be one of "symmetric"'):
        dl.ifft(dl.dlarray([1.0]), symflag="real")


@pytest.mark.torch
@pytest.mark.parametrize("dtype", ["f8", "c16"])
@pytest.mark.parametrize("n", [None, 3, 9])
def test_gradients_are_those_of_pytorch(dtype, n, rng):
    import torch

    x, factors = data(rng, dtype, 5, 2), rng.standard_normal((n or 5, 1))
    leaf = torch.tensor(x, requires_grad=True)
    spectrum = torch.fft.fft(leaf, n, dim=0) * torch.tensor(factors)
    torch.fft.ifft(spectrum, dim=0).real.pow(2).sum().backward()

    def slope(z):
        y = dl.ifft(dl.fft(z, n, 0) * factors, None, 0, "symmetric")
        return dl.dlgradient(dl.sum(y**2, "all"), z)

    got = dl.dlfeval(slope, dl.dlarray(x))
    assert got.dtype == x.dtype
    np.testing.assert_allclose(got.data, leaf.grad.numpy(), rtol=1e-10)


def test_a_filter_of_real_data_has_the_gradient_of_differences(rng):
    factors = np.exp(-np.arange(6.0))[:, None]
    x = dl.dlarray(rng.standard_normal((5, 3)))
    checkGradients(lambda z: dl.ifft(dl.fft(z, 6, 0) * factors, symflag="symmetric"), x)
