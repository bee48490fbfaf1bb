"""Normalizations against PyTorch's: values, gradients, running statistics."""

from typing import Any

import numpy as np
import pytest

import dlarray as dl

pytestmark = pytest.mark.torch

BATCH, CHANNELS, STEPS = 5, 6, 11
ATOL = {"float32": 2e-5, "float64": 1e-11}

both_types = pytest.mark.parametrize("dtype", list(ATOL))


def draw(rng, dtype, *sizes):
    return rng.standard_normal(sizes).astype(dtype)


def gradients(function, arrays, weight):
    """The value of a function of dlarrays, and the gradients of its weighted sum."""

    def loss(*variables):
        Y = function(*variables)
        return Y, dl.dlgradient(dl.sum(dl.stripdims(Y) * weight, "all"), list(variables))

    Y, slopes = dl.dlfeval(loss, *arrays)
    return Y.extractdata(), [slope.extractdata() for slope in slopes]


def peer_gradients(function, arrays, weight):
    """The same of a function of tensors."""
    import torch

    tensors = [torch.tensor(np.ascontiguousarray(a), requires_grad=True) for a in arrays]
    y = function(*tensors)
    slopes = torch.autograd.grad((y * torch.tensor(np.ascontiguousarray(weight))).sum(), tensors)
    return y.detach().numpy(), [slope.numpy() for slope in slopes]


def assert_same(ours, peer, x, offset, scale, dtype):
    """Values and gradients of functions of (X, offset, scaleFactor) and (x, scale, offset); x is
    (batch, channels, steps).
    """
    weight = np.random.default_rng(1).standard_normal(x.shape).astype(dtype)
    X = dl.dlarray(x, "BCT")
    arrays = [X, dl.dlarray(offset), dl.dlarray(scale)]
    Y, slopes = gradients(ours, arrays, weight.transpose(1, 0, 2))
    y, peer_slopes = peer_gradients(peer, [x, scale, offset], weight)
    atol = ATOL[dtype]
    np.testing.assert_allclose(Y, y.transpose(1, 0, 2), rtol=0, atol=atol)
    np.testing.assert_allclose(slopes[0], peer_slopes[0].transpose(1, 0, 2), rtol=0, atol=atol)
    for got, want in zip(slopes[1:], (peer_slopes[2], peer_slopes[1]), strict=True):
        np.testing.assert_allclose(got.ravel(), want, rtol=0, atol=10 * atol)


@pytest.fixture
def functional():
    return pytest.importorskip("torch.nn.functional")


@both_types
def test_batchnorm_in_training(dtype, functional, rng):
    x = draw(rng, dtype, BATCH, CHANNELS, STEPS)
    offset, scale = (draw(rng, dtype, CHANNELS) for _ in range(2))

    def peer(x, scale, offset):
        return functional.batch_norm(x, None, None, scale, offset, training=True)

    assert_same(dl.batchnorm, peer, x, offset, scale, dtype)


@both_types
def test_batchnorm_in_inference(dtype, functional, rng):
    import torch

    x, mean = draw(rng, dtype, BATCH, CHANNELS, STEPS), draw(rng, dtype, CHANNELS)
    offset, scale = (draw(rng, dtype, CHANNELS) for _ in range(2))
    variance = rng.uniform(0.5, 2, CHANNELS).astype(dtype)

    def ours(X, offset, scale):
        return dl.batchnorm(X, offset, scale, mean, variance)

    def peer(x, scale, offset):
        running = torch.tensor(mean), torch.tensor(variance)
        return functional.batch_norm(x, *running, scale, offset, training=False)

    assert_same(ours, peer, x, offset, scale, dtype)


@both_types
def test_updated_statistics(dtype, functional, rng):
    """PyTorch updates the variance by the unbiased one, which is n / (n - 1) times ours."""
    import torch

    x, mean = draw(rng, dtype, BATCH, CHANNELS, STEPS), draw(rng, dtype, CHANNELS)
    variance = rng.uniform(0.5, 2, CHANNELS).astype(dtype)
    running = torch.tensor(mean), torch.tensor(variance)
    functional.batch_norm(torch.tensor(x), *running, training=True, momentum=0.3)
    _, mu, sigmaSq = dl.batchnorm(
        dl.dlarray(x, "BCT"),
        np.zeros(CHANNELS),
        np.ones(CHANNELS),
        mean,
        variance,
        MeanDecay=0.3,
        VarianceDecay=0.3,
        nargout=3,
    )
    n = BATCH * STEPS
    unbiased = (sigmaSq.extractdata().ravel() - 0.7 * variance) * n / (n - 1) + 0.7 * variance
    atol = ATOL[dtype]
    np.testing.assert_allclose(mu.extractdata().ravel(), running[0].numpy(), rtol=0, atol=atol)
    np.testing.assert_allclose(unbiased, running[1].numpy(), rtol=0, atol=atol)


@both_types
@pytest.mark.parametrize("groups", [1, 2, 6])
def test_groupnorm(groups, dtype, functional, rng):
    x = draw(rng, dtype, BATCH, CHANNELS, STEPS)
    offset, scale = (draw(rng, dtype, CHANNELS) for _ in range(2))

    def ours(X, *vectors):
        return dl.groupnorm(X, groups, *vectors)

    def peer(x, scale, offset):
        return functional.group_norm(x, groups, scale, offset)

    assert_same(ours, peer, x, offset, scale, dtype)


@both_types
def test_instancenorm(dtype, functional, rng):
    x = draw(rng, dtype, BATCH, CHANNELS, STEPS)
    offset, scale = (draw(rng, dtype, CHANNELS) for _ in range(2))

    def peer(x, scale, offset):
        return functional.instance_norm(x, weight=scale, bias=offset)

    assert_same(dl.instancenorm, peer, x, offset, scale, dtype)


@both_types
def test_layernorm(dtype, functional, rng):
    x = draw(rng, dtype, BATCH, CHANNELS, STEPS)
    offset, scale = (draw(rng, dtype, CHANNELS) for _ in range(2))

    def peer(x, scale, offset):
        rows = functional.layer_norm(x.transpose(1, 2), (CHANNELS,), scale, offset)
        return rows.transpose(1, 2)

    assert_same(dl.layernorm, peer, x, offset, scale, dtype)


@both_types
@pytest.mark.parametrize("window", [1, 3, 5])
def test_crosschannelnorm(window, dtype, functional, rng):
    """The weight of the squares is alpha / size in both; windows of odd size are the same."""
    x = draw(rng, dtype, BATCH, CHANNELS, STEPS)
    options: Any = {"Alpha": 0.4, "Beta": 0.6, "K": 1.3}

    def ours(X):
        return dl.crosschannelnorm(X, window, **options)

    def peer(x):
        return functional.local_response_norm(x, window, alpha=0.4, beta=0.6, k=1.3)

    weight = draw(rng, dtype, BATCH, CHANNELS, STEPS)
    Y, (slope,) = gradients(ours, [dl.dlarray(x, "BCT")], weight.transpose(1, 0, 2))
    y, (peer_slope,) = peer_gradients(peer, [x], weight)
    np.testing.assert_allclose(Y, y.transpose(1, 0, 2), rtol=0, atol=ATOL[dtype])
    np.testing.assert_allclose(slope, peer_slope.transpose(1, 0, 2), rtol=0, atol=ATOL[dtype])
