"""Pooling and its gradient beside PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES

pytestmark = pytest.mark.torch

FORMATS = {1: "SCB", 2: "SSCB", 3: "SSSCB"}
CASES = [
    (1, 2, 2, 0),
    (1, 3, 1, 1),
    (1, 5, 3, 2),
    (1, 40, 1, 20),
    (2, (2, 3), (2, 1), (1, 0)),
    (2, 3, 2, 1),
    (3, 2, 2, 1),
    (3, (3, 2, 2), (1, 2, 1), (1, 0, 1)),
]


def check(case, dtype, rng, ours, theirs):
    """The pooled array and the gradient for a random dy."""
    import torch

    n, size, stride, padding = case
    fmt = FORMATS[n]
    x = rng.standard_normal((*((47, 11, 7)[:n] if n < 3 else (9, 8, 7)), 3, 2)).astype(dtype)
    leaf = torch.tensor(x.transpose().copy(), requires_grad=True)  # (B, C, S reversed)

    def turned(value):
        return value if isinstance(value, int) else tuple(reversed(value))

    want = theirs(n)(leaf, turned(size), turned(stride), turned(padding))
    dy = rng.standard_normal(tuple(reversed(want.shape))).astype(dtype)
    want.backward(torch.tensor(dy.transpose().copy()))

    def with_slope(X):
        Y = ours(X, size, stride, padding)
        return Y, dl.dlgradient(dl.sum(Y * dl.dlarray(dy, fmt), "all"), X)

    Y, slope = dl.dlfeval(with_slope, dl.dlarray(x, fmt))
    atol = 20 * TOLERANCES[dtype]
    assert leaf.grad is not None
    np.testing.assert_allclose(Y.data, want.detach().numpy().transpose(), rtol=0, atol=atol)
    np.testing.assert_allclose(slope.data, leaf.grad.numpy().transpose(), rtol=0, atol=atol)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_maxpool(case, dtype, rng):
    import torch.nn.functional as F

    def ours(X, size, stride, padding):
        return dl.maxpool(X, size, Stride=stride, Padding=padding)

    check(case, dtype, rng, ours, lambda n: getattr(F, f"max_pool{n}d"))


@pytest.mark.parametrize("mean", [False, True], ids=["zeros", "mean"])
@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_avgpool(case, mean, dtype, rng):
    import torch.nn.functional as F

    def ours(X, size, stride, padding):
        value = "mean" if mean else 0
        return dl.avgpool(X, size, Stride=stride, Padding=padding, PaddingValue=value)

    def theirs(n):
        pool = getattr(F, f"avg_pool{n}d")
        return lambda x, size, stride, padding: pool(
            x, size, stride, padding, count_include_pad=not mean
        )

    check(case, dtype, rng, ours, theirs)
