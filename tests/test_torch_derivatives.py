"""Jacobians, Laplacians and RMSProp beside PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def mixed(x, tanh, exp):
    """Five values of three; no two second derivatives alike."""
    return tanh(x[0:1] * x[1:2]) + x[2:3] ** 3 * exp(-x[0:1]), x[1:2] * exp(x[2:3] * x[0:1])


def test_jacobian(rng):
    x = rng.standard_normal((3, 1))

    def jacobian(x):
        return dl.dljacobian(dl.cat(0, *mixed(x, dl.tanh, dl.exp)), x, 0)

    got = dl.dlfeval(jacobian, dl.dlarray(x)).extractdata()[:, :, 0]
    theirs = torch.func.jacrev(lambda t: torch.cat(mixed(t, torch.tanh, torch.exp)))
    want = theirs(torch.tensor(x[:, 0])).numpy()
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_laplacian_and_its_gradient(rng):
    x = rng.standard_normal((3, 1))

    def laplacian(x):
        value = dl.dllaplacian(mixed(x, dl.tanh, dl.exp)[0], x, 0)
        return value, dl.dlgradient(value, x)

    def theirs(t):
        reverse = torch.func.jacrev
        return torch.trace(reverse(reverse(lambda t: mixed(t, torch.tanh, torch.exp)[0][0]))(t))

    got, slope = dl.dlfeval(laplacian, dl.dlarray(x))
    t = torch.tensor(x[:, 0])
    np.testing.assert_allclose(got.item(), theirs(t).item(), rtol=1e-12)
    want = torch.func.grad(theirs)(t).numpy()
    np.testing.assert_allclose(slope.extractdata()[:, 0], want, rtol=1e-11)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_rmsprop(dtype, rng):
    p, g = rng.standard_normal((2, 3, 5)).astype(dtype)
    theirs = torch.tensor(p, requires_grad=True)
    solver = torch.optim.RMSprop([theirs], lr=0.05, alpha=0.95, eps=1e-6)
    ours, average = dl.dlarray(p, "CB"), None
    for k in range(1, 6):
        theirs.grad = torch.tensor(g * k)
        solver.step()
        ours, average = dl.rmspropupdate(ours, dl.dlarray(g * k, "CB"), average, 0.05, 0.95, 1e-6)
    rtol = 1e-5 if dtype == "f4" else 1e-12
    np.testing.assert_allclose(ours.extractdata(), theirs.detach().numpy(), rtol=rtol, atol=rtol)
