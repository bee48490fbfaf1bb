"""`dltranspconv` on random configurations against PyTorch: values and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl

pytestmark = pytest.mark.torch


def drawn(seed: int, dtype: str) -> tuple[dict[str, np.ndarray], dict[str, list[int]]]:
    """x S... × C × B, w k... × F × C × G, b and a slope of the result, and the options, over one to
    three dimensions.
    """
    rng = np.random.default_rng(seed)
    n, groups = int(rng.integers(1, 4)), int(rng.choice([1, 1, 2, 3]))
    lengths, taps = (rng.integers(1, high, n).tolist() for high in (9, 5))
    stride, dilation = (rng.integers(1, 4, n).tolist() for _ in range(2))
    steps = zip(lengths, taps, stride, dilation, strict=True)
    full = [(length - 1) * s + (k - 1) * d + 1 for length, k, s, d in steps]
    crop = [int(rng.integers(0, min(4, (size - 1) // 2) + 1)) for size in full]
    chans, filters = (int(rng.integers(1, 20)) for _ in range(2))
    batch, left = int(rng.integers(1, 4)), [f - 2 * c for f, c in zip(full, crop, strict=True)]
    sizes = {
        "x": (*lengths, groups * chans, batch),
        "w": (*taps, filters, chans, groups),
        "b": (groups * filters,),
        "dy": (*left, groups * filters, batch),
    }
    arrays = {name: rng.standard_normal(size).astype(dtype) for name, size in sizes.items()}
    return arrays, {"Stride": stride, "DilationFactor": dilation, "Cropping": crop}


def ours(arrays: Any, options: Any) -> list[np.ndarray]:
    """The result, and the gradients of x, w and b for the slope."""
    x, w, b, dy = arrays.values()
    fmt = "S" * (x.ndim - 2) + "CB"

    def call(X: Any, W: Any, B: Any) -> Any:
        Y = dl.dltranspconv(X, W, B, **options)
        return Y, *dl.dlgradient(dl.sum(Y * dl.dlarray(dy, fmt), "all"), [X, W, B])

    found = dl.dlfeval(call, dl.dlarray(x, fmt), dl.dlarray(w), dl.dlarray(b))
    Y, dx, dw, db = (value.data for value in found)
    return [Y, dx, dw.reshape(w.shape), db.ravel()]


def torchs(arrays: Any, options: Any) -> list[np.ndarray]:
    """The same of PyTorch, in our layouts."""
    import torch

    x, w, b, dy = arrays.values()
    n, groups = x.ndim - 2, w.shape[-1]
    there, back = (n + 1, n, *range(n)), (*range(2, n + 2), 1, 0)
    weights = w.transpose(n + 2, n + 1, n, *range(n))
    flat = weights.reshape(-1, *weights.shape[2:])
    tensors = [torch.tensor(np.ascontiguousarray(a)) for a in (x.transpose(there), flat, b)]
    for tensor in tensors:
        tensor.requires_grad_()
    call = [torch.nn.functional.conv_transpose1d, torch.nn.functional.conv_transpose2d,
            torch.nn.functional.conv_transpose3d][n - 1]  # fmt: skip
    y = call(
        *tensors, stride=options["Stride"], padding=options["Cropping"], groups=groups,
        dilation=options["DilationFactor"],
    )  # fmt: skip
    y.backward(torch.tensor(np.ascontiguousarray(dy.transpose(there))))
    dx, dw, db = (tensor.grad.numpy() for tensor in tensors)
    dw = dw.reshape(weights.shape).transpose(*range(3, n + 3), 2, 1, 0)
    return [y.detach().numpy().transpose(back), dx.transpose(back), dw, db]


def bounds(arrays: Any, options: Any) -> list[np.ndarray]:
    """What an element may differ by relatively: the same sums of absolute values."""
    positive = {name: np.abs(a).astype("f8") for name, a in arrays.items()}
    return torchs(positive, options)


def check(seed: int, dtype: str, rtol: float) -> None:
    arrays, options = drawn(seed, dtype)
    double = {name: a.astype("f8") for name, a in arrays.items()}
    each = zip(ours(arrays, options), torchs(double, options), bounds(arrays, options), strict=True)
    for got, want, scale in each:
        assert got.shape == want.shape
        assert got.dtype == dtype
        assert (np.abs(got - want) <= rtol * scale).all(), (seed, options)


@pytest.mark.parametrize(("dtype", "rtol"), [("f8", 1e-12), ("f4", 1e-6)])
def test_agrees_with_torch(dtype, rtol):
    pytest.importorskip("torch")
    for seed in range(16):
        check(seed, dtype, rtol)


@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "rtol"), [("f8", 1e-12), ("f4", 1e-6)])
def test_agrees_with_torch_on_many(dtype, rtol):
    pytest.importorskip("torch")
    for seed in range(16, 1016):
        check(seed, dtype, rtol)
