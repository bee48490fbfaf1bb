"""Gradients of complex matrices against PyTorch's, which has the same convention."""

import numpy as np
import pytest

from dlarray.operators import linear
from dlarray.operators.cumulative import cumulative_sum, recurrence
from dlarray.operators.fourier import transform
from dlarray.tape import Traced, gradients, recording

pytestmark = pytest.mark.torch

OPERATORS = {
    "product": (linear.product, lambda torch: torch.matmul, [(2, 3, 4), (2, 4, 5)]),
    "one page": (linear.product, lambda torch: torch.matmul, [(2, 3, 4), (1, 4, 5)]),
    "adjoint": (linear.adjoint, lambda torch: lambda x: x.mH.resolve_conj(), [(2, 3, 4)]),
    "solve": (linear.solve, lambda torch: torch.linalg.solve, [(4, 4), (4, 2)]),
    "inverse": (linear.inverse, lambda torch: torch.linalg.inv, [(4, 4)]),
    "pinv, tall": (linear.pseudoinverse, lambda torch: torch.linalg.pinv, [(5, 3)]),
    "pinv, wide": (linear.pseudoinverse, lambda torch: torch.linalg.pinv, [(3, 5)]),
    "det": (linear.determinant, lambda torch: lambda x: torch.det(x).reshape(1, 1), [(4, 4)]),
    "expm": (linear.exponential, lambda torch: torch.matrix_exp, [(4, 4)]),
    "cumsum": (
        lambda x: cumulative_sum(x, axis=1, reverse=False),
        lambda torch: lambda x: torch.cumsum(x, 1),
        [(3, 5)],
    ),
    "fft": (
        lambda x: transform(x, axis=1, inverse=False),
        lambda torch: lambda x: torch.fft.fft(x, dim=1),
        [(3, 5)],
    ),
}


@pytest.mark.parametrize("dtype", ["f8", "c16"])
@pytest.mark.parametrize(("operator", "peer", "shapes"), OPERATORS.values(), ids=OPERATORS)
def test_gradients_are_those_of_pytorch(operator, peer, shapes, dtype, rng):
    import torch

    arrays = [numbers(rng, dtype, shape) for shape in shapes]
    tensors = [torch.tensor(x, requires_grad=True) for x in arrays]
    y = peer(torch)(*tensors)
    dy = numbers(rng, str(y.detach().numpy().dtype), tuple(y.shape))
    y.backward(torch.tensor(dy))
    with recording() as tape:
        leaves = [Traced(x, tape.leaf(x)) for x in arrays]
        value = operator(*leaves)
        found = gradients(value, dy, [leaf.node for leaf in leaves if leaf.node])
    np.testing.assert_allclose(value.data, y.detach().numpy(), rtol=1e-10, atol=1e-12)
    for got, tensor, x in zip(found, tensors, arrays, strict=True):
        assert got.dtype == x.dtype
        np.testing.assert_allclose(got, tensor.grad.numpy(), rtol=1e-8, atol=1e-10)


def numbers(rng, dtype, shape):
    values = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        values = values + 1j * rng.standard_normal(shape)
    return values.astype(dtype)


def test_a_recurrence_of_complex_numbers_has_the_gradient_of_its_steps(rng):
    import torch

    a, b = numbers(rng, "c16", (4, 2)), numbers(rng, "c16", (4, 2))
    dy = numbers(rng, "c16", (4, 2))
    ta, tb = (torch.tensor(x, requires_grad=True) for x in (a, b))
    steps = [tb[0]]
    for i in range(1, 4):
        steps.append(tb[i] + ta[i] * steps[-1])
    torch.stack(steps).backward(torch.tensor(dy))
    with recording() as tape:
        leaves = [Traced(x, tape.leaf(x)) for x in (a, b)]
        value = recurrence(*leaves, axis=0, reverse=False)
        found = gradients(value, dy, [leaf.node for leaf in leaves if leaf.node])
    for got, tensor in zip(found, (ta, tb), strict=True):
        np.testing.assert_allclose(got, tensor.grad.numpy(), rtol=1e-12)
