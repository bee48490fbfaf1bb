"""Gradients of functions of complex arrays against PyTorch's, which has the same convention."""

import numpy as np
import pytest

import dlarray as dl

pytestmark = pytest.mark.torch


def functions(torch):
    """By name: ours, PyTorch's, and the sizes of the operands."""
    late = [0, 0, 1]
    return {
        "kron": (dl.kron, torch.kron, [(2, 3), (3, 2)]),
        "dot": (dl.dot, lambda a, b: (a.conj() * b).sum(0, keepdim=True), [(4, 3), (4, 3)]),
        "cross": (dl.cross, lambda a, b: torch.linalg.cross(a, b, dim=0), [(3, 2), (3, 2)]),
        "mtimes": (dl.mtimes, torch.matmul, [(3, 4), (4, 2)]),
        "pagemtimes": (dl.pagemtimes, torch.matmul, [(3, 4), (4, 2)]),
        "mldivide": (dl.mldivide, torch.linalg.solve, [(3, 3), (3, 2)]),
        "det": (dl.det, lambda x: torch.det(x).reshape(1, 1), [(3, 3)]),
        "cumprod": (lambda x: dl.cumprod(x, 0), lambda x: torch.cumprod(x, 0), [(4, 3)]),
        "sort": (dl.sort, lambda x: torch.gather(x, 0, torch.argsort(x.abs(), 0)), [(5, 2)]),
        "trapz": (dl.trapz, lambda x: torch.trapezoid(x, dim=0)[None], [(3, 2)]),
        "fft": (dl.fft, lambda x: torch.fft.fft(x, dim=0), [(4, 2)]),
        "ifft": (dl.ifft, lambda x: torch.fft.ifft(x, dim=0), [(4, 2)]),
        "subscripts": (lambda x: x[:, late], lambda x: x[:, late], [(5, 2)]),
        "interp1": (
            lambda v: dl.interp1([0.0, 1.0, 2.0], v, [0.5, 1.7]),
            lambda v: torch.stack([0.5 * v[0] + 0.5 * v[1], 0.3 * v[1] + 0.7 * v[2]]),
            [(3, 1)],
        ),
    }


NAMES = (
    "kron dot cross mtimes pagemtimes mldivide det cumprod sort trapz fft ifft subscripts interp1"
)


@pytest.mark.parametrize("name", NAMES.split())
def test_gradients_are_those_of_pytorch(name, rng):
    import torch

    function, peer, shapes = functions(torch)[name]
    arrays = [numbers(rng, shape) for shape in shapes]
    tensors = [torch.tensor(x, requires_grad=True) for x in arrays]
    y = peer(*tensors)
    weights = numbers(rng, tuple(y.shape))
    (y * torch.tensor(weights)).sum().real.backward()

    def slopes(*xs):
        value = dl.real(dl.sum(function(*xs) * weights, "all"))
        return dl.dlgradient(value, list(xs))

    found = dl.dlfeval(slopes, *(dl.dlarray(x) for x in arrays))
    for got, tensor in zip(found, tensors, strict=True):
        expected = tensor.grad.resolve_conj().numpy()
        np.testing.assert_allclose(got.data, expected, rtol=1e-9, atol=1e-11)


def numbers(rng, shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
