"""Losses, embedding and attention with their gradients beside PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.testing import TOLERANCES

pytestmark = pytest.mark.torch

N, K, T = 5, 3, 7


def tensors(*arrays):
    import torch

    return [torch.tensor(np.array(a), requires_grad=a.dtype.kind == "f") for a in arrays]


def ours(function, *arrays):
    """The value and the gradients of a function of dlarrays."""

    def with_slopes(*xs):
        value = function(*xs)
        return value, dl.dlgradient(dl.sum(value.stripdims() ** 2, "all"), list(xs))

    return dl.dlfeval(with_slopes, *arrays)


def assert_agree(function, arrays, peer, order=None):
    """``function`` of dlarrays against ``peer`` of tensors of their values: value and gradients.

    ``order`` permutes the value of PyTorch into ours.
    """
    import torch

    rtol = 100 * TOLERANCES[arrays[0].dtype.type]
    value, slopes = ours(function, *arrays)
    leaves: Any = tensors(*(a.data for a in arrays))
    expected = peer(*leaves)
    found = torch.autograd.grad((expected**2).sum(), leaves)
    want = expected.detach().numpy()
    want = want.reshape(value.shape) if order is None else want.transpose(order)
    np.testing.assert_allclose(value.data, want, rtol=rtol, atol=rtol)
    for got, slope in zip(slopes, found, strict=True):
        scale = max(1.0, float(slope.abs().max()))
        np.testing.assert_allclose(got.data, slope.numpy(), rtol=rtol, atol=rtol * scale)


@pytest.fixture(params=TOLERANCES, ids=lambda d: d.__name__)
def dtype(request):
    return request.param


def normal(rng, dtype, fmt, *shape):
    return dl.dlarray(rng.standard_normal(shape).astype(dtype), fmt)


@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_of_class_numbers(weighted, dtype, rng):
    import torch

    classes = rng.integers(0, K, (N, T))
    w = rng.uniform(0.5, 2, K).astype(dtype) if weighted else np.ones(K, dtype)

    def function(x):
        weights = dl.dlarray(w, "C")
        return dl.indexcrossentropy(dl.softmax(x), dl.dlarray(classes, "BT"), weights)

    def encoded(x):
        t = dl.onehotencode(dl.dlarray(classes[None], "CBT"), "C", ClassNames=range(K))
        return dl.crossentropy(dl.softmax(x), t, dl.dlarray(w, "C"))

    def peer(x):
        target = torch.tensor(classes)
        logits = x.permute(1, 0, 2)
        loss = torch.nn.functional.cross_entropy
        return loss(logits, target, torch.tensor(w), reduction="sum") / N

    X = normal(rng, dtype, "CBT", K, N, T)
    assert_agree(function, [X], peer)
    assert_agree(encoded, [X], peer)


def test_binary_cross_entropy(dtype, rng):
    import torch

    t = rng.integers(0, 2, (K, N)).astype(dtype)

    def function(x):
        options = {"ClassificationMode": "multilabel", "NormalizationFactor": "all-elements"}
        return dl.crossentropy(dl.sigmoid(x), t, **options)

    def peer(x):
        loss = torch.nn.functional.binary_cross_entropy_with_logits
        return loss(x, torch.tensor(t))

    assert_agree(function, [normal(rng, dtype, "CB", K, N)], peer)


@pytest.mark.parametrize(
    ("name", "peer_name", "options"),
    [
        ("l2loss", "mse_loss", {}),
        ("l1loss", "l1_loss", {}),
        ("huber", "smooth_l1_loss", {}),
        ("huber", "huber_loss", {"delta": 0.4}),
    ],
    ids=["mse", "l1", "smooth l1", "huber"],
)
def test_losses_of_distances(name, peer_name, options, dtype, rng):
    import torch

    point = {"TransitionPoint": options["delta"]} if options else {}

    def function(y, t):
        return getattr(dl, name)(y, t, NormalizationFactor="all-elements", **point)

    def peer(y, t):
        return getattr(torch.nn.functional, peer_name)(y, t, **options)

    assert_agree(function, [normal(rng, dtype, "CBT", K, N, T) for _ in range(2)], peer)


def test_embedding(dtype, rng):
    import torch

    index = rng.integers(0, 11, (N, T))

    def function(w):
        return dl.embed(dl.dlarray(index, "BT"), w)

    def peer(w):
        return torch.nn.functional.embedding(torch.tensor(index), w.T)

    assert_agree(function, [normal(rng, dtype, "", 4, 11)], peer, (2, 0, 1))


@pytest.mark.parametrize("kind", ["none", "causal", "logical", "padding", "scale"])
def test_scaled_dot_product_attention(kind, dtype, rng):
    import torch

    heads, keys = 3, T if kind == "causal" else 8
    seen = rng.uniform(size=(keys, T)) < 0.6
    seen[0] = True
    padding = np.arange(keys)[None] < rng.integers(1, keys, (N, 1))
    options: dict[str, Any] = {
        "none": {},
        "causal": {"AttentionMask": "causal"},
        "logical": {"AttentionMask": seen},
        "padding": {"PaddingMask": dl.dlarray(padding[None], "CBT")},
        "scale": {"Scale": 0.8},
    }[kind]
    peer_options: dict[str, Any] = {
        "none": {},
        "causal": {"is_causal": True},
        "logical": {"attn_mask": torch.tensor(seen.T)},
        "padding": {"attn_mask": torch.tensor(padding[:, None, None])},
        "scale": {"scale": 0.8},
    }[kind]

    def by_head(x):
        return x.permute(1, 2, 0).unflatten(2, (heads, -1)).transpose(1, 2)

    def peer(q, k, v):
        sdpa = torch.nn.functional.scaled_dot_product_attention
        y = sdpa(by_head(q), by_head(k), by_head(v), **peer_options)
        return y.transpose(1, 2).flatten(2)

    arrays = [normal(rng, dtype, "CBT", c, N, n) for c, n in ((6, T), (6, keys), (9, keys))]
    assert_agree(lambda q, k, v: dl.attention(q, k, v, heads, **options), arrays, peer, (2, 0, 1))


def test_multi_head_self_attention(dtype, rng):
    import torch

    heads, width = 3, 6
    w_in, w_out = normal(rng, dtype, "", 3 * width, width), normal(rng, dtype, "", width, width)

    def function(x, w_in, w_out):
        Q, K, V = (
            dl.fullyconnect(x, w_in[i * width : (i + 1) * width], np.zeros(width, dtype))
            for i in range(3)
        )
        return dl.fullyconnect(dl.attention(Q, K, V, heads), w_out)

    def peer(x, w_in, w_out):
        x = x.permute(2, 1, 0)
        multi_head = torch.nn.functional.multi_head_attention_forward
        y, _ = multi_head(
            x, x, x, width, heads, w_in, None, None, None, False, 0.0, w_out, None,
            need_weights=False,
        )  # fmt: skip
        return y

    arrays = [normal(rng, dtype, "CBT", width, N, T), w_in, w_out]
    assert_agree(function, arrays, peer, (2, 1, 0))
