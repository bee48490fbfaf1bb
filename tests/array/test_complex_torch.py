"""Gradients of complex arrays against PyTorch, which has the same convention."""

import numpy as np
import pytest

import dlarray as dl
from tests.array.gradients import gradient

pytestmark = pytest.mark.torch

NAMES = {  # ours: PyTorch's
    **{
        name: name
        for name in "abs exp expm1 log log1p log2 log10 sqrt sin cos tan sinh cosh tanh".split()
    },
    **{name: name for name in "asin acos atan asinh acosh atanh".split()},
    "conj": "conj_physical",
    "sign": "sgn",
}


@pytest.fixture
def pair(rng):
    return [rng.standard_normal((3, 5)) + 1j * rng.standard_normal((3, 5)) for _ in range(2)]


@pytest.mark.parametrize("name", NAMES)
def test_functions_of_one(name, pair):
    import torch

    z, w = pair
    t = torch.tensor(z, requires_grad=True)
    y = (torch.tensor(w) * getattr(torch, NAMES[name])(t)).real.sum()
    y.backward()
    got = gradient(lambda x: dl.real(w * getattr(dl, name)(x)), dl.dlarray(z, "CB"))
    np.testing.assert_allclose(got.data, t.grad.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow"])
def test_functions_of_two(name, pair):
    import torch

    ours = {"add": dl.plus, "sub": dl.minus, "mul": dl.times, "div": dl.rdivide, "pow": dl.power}
    a, b = (torch.tensor(z, requires_grad=True) for z in pair)
    getattr(torch, name)(a, b).imag.sum().backward()
    slopes = gradient(lambda a, b: dl.imag(ours[name](a, b)), *(dl.dlarray(z, "CB") for z in pair))
    for got, want in zip(slopes, (a, b), strict=True):
        np.testing.assert_allclose(got.data, want.grad.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "var", "std"])
def test_reductions(name, pair):
    import torch

    z = pair[0]
    t = torch.tensor(z, requires_grad=True)
    (getattr(torch, name)(t, 0) * (2 - 1j)).real.sum().backward()
    got = gradient(lambda x: dl.real(getattr(dl, name)(x, dim=0) * (2 - 1j)), dl.dlarray(z, "CB"))
    np.testing.assert_allclose(got.data, t.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_a_mixed_chain(pair):
    import torch

    z, w = pair
    x = np.real(w)
    tz, tx = torch.tensor(z, requires_grad=True), torch.tensor(x, requires_grad=True)
    (torch.complex(tx, tx**2) * tz.exp() / (tz.abs() + 1)).imag.sum().backward()
    dz, dx = gradient(
        lambda z, x: dl.imag(dl.complex(x, x**2) * dl.exp(z) / (dl.abs(z) + 1)),
        dl.dlarray(z, "CB"),
        dl.dlarray(x, "CB"),
    )
    np.testing.assert_allclose(dz.data, tz.grad.numpy(), rtol=1e-10)
    np.testing.assert_allclose(dx.data, tx.grad.numpy(), rtol=1e-10)
    assert dx.dtype == np.float64
