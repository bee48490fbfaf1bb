"""The same networks, weights and mini-batches in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dlarray as dl
from tests import naive

pytestmark = pytest.mark.torch

CHANNELS, CLASSES, FILTERS, SIZE = 3, 4, (8, 12), 5
BATCH, STEPS = 16, 40


def layers(mode="auto"):
    """Two blocks of causal convolution, ReLU and layer normalization, mean over time, softmax."""
    blocks = []
    for n in FILTERS:
        convolution = dl.convolution1dLayer(SIZE, n, Padding="causal")
        blocks += [convolution, dl.reluLayer(), dl.layerNormalizationLayer(OperationDimension=mode)]
    head = [dl.globalAveragePooling1dLayer(), dl.fullyConnectedLayer(CLASSES), dl.softmaxLayer()]
    return [dl.sequenceInputLayer(CHANNELS), *blocks, *head]


class TorchNetwork:
    """The same network with the weights of a dlnetwork."""

    def __init__(self, net, mode, dtype):
        import torch

        self.torch, self.mode = torch, mode
        self.parameters = []
        for name, value in zip(net.Learnables.Parameter, net.Learnables.Value, strict=True):
            array = value.extractdata()
            array = array.transpose(2, 1, 0) if array.ndim == 3 else array
            array = array if name == "Weights" else array.ravel()
            tensor = torch.tensor(np.array(array), dtype=getattr(torch, dtype))
            self.parameters.append(tensor.requires_grad_())

    def __call__(self, x):
        """Probabilities (N, K) of x (N, C, T)."""
        f = self.torch.nn.functional
        rest = iter(self.parameters)
        for n in FILTERS:
            weights, bias, offset, scale = (next(rest) for _ in range(4))
            x = f.relu(f.conv1d(f.pad(x, (SIZE - 1, 0)), weights, bias))
            if self.mode == "batch-excluded":
                x = f.layer_norm(x, x.shape[1:]) * scale[:, None] + offset[:, None]
            else:
                x = f.layer_norm(x.transpose(1, 2), (n,), scale, offset).transpose(1, 2)
        weights, bias = rest
        return f.softmax(x.mean(2) @ weights.T + bias, 1)

    def loss(self, x, labels):
        return -self(x)[self.torch.arange(len(labels)), labels].log().mean()

    def gradients(self, x, labels):
        loss = self.loss(x, labels)
        return loss, self.torch.autograd.grad(loss, self.parameters)

    def matlab(self, arrays):
        """Arrays in the axes of the dlnetwork."""
        return [a.transpose(2, 1, 0) if a.ndim == 3 else a for a in arrays]


def data(rng, dtype):
    x = rng.standard_normal((BATCH, STEPS, CHANNELS)).astype(dtype)
    return x, rng.integers(0, CLASSES, BATCH)


def model_loss(net, X, T):
    Y = dl.forward(net, X)
    loss = dl.crossentropy(Y, T)
    return loss, dl.dlgradient(loss, net.Learnables)


def of_type(net, dtype):
    return dl.dlupdate(dl.double if dtype == "float64" else dl.single, net)


@pytest.fixture(params=["auto", "batch-excluded"])
def mode(request):
    return request.param


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_outputs_and_gradients_agree(mode, dtype, rng):
    net = of_type(dl.dlnetwork(layers(mode)), dtype)
    peer = TorchNetwork(net, mode, dtype)
    x, labels = data(rng, dtype)
    X = dl.dlarray(x, "BTC")
    T = dl.dlarray(np.eye(CLASSES)[labels], "BC")
    tx, tl = peer.torch.tensor(x.transpose(0, 2, 1).copy()), peer.torch.tensor(labels)

    Y = dl.predict(net, X).extractdata()
    np.testing.assert_allclose(Y.T, peer(tx).detach().numpy(), rtol=0, atol=1e-5)
    loss, slopes = dl.dlfeval(model_loss, net, X, T)
    peer_loss, peer_slopes = peer.gradients(tx, tl)
    assert abs(loss.item() - peer_loss.item()) <= 1e-5
    for row, peer_slope in zip(slopes, peer.matlab([g.numpy() for g in peer_slopes]), strict=True):
        ours = row["Value"].extractdata().reshape(peer_slope.shape)
        assert np.linalg.norm(ours - peer_slope) <= 1e-4 * np.linalg.norm(peer_slope)


def test_ten_adam_steps_agree_in_double_precision(mode, rng):
    net = of_type(dl.dlnetwork(layers(mode)), "float64")
    peer = TorchNetwork(net, mode, "float64")
    x, labels = data(rng, "float64")
    X, T = dl.dlarray(x, "BTC"), dl.dlarray(np.eye(CLASSES)[labels], "BC")
    tx, tl = peer.torch.tensor(x.transpose(0, 2, 1).copy()), peer.torch.tensor(labels)
    m = v = None
    peer_state = [(0.0, 0.0)] * len(peer.parameters)
    for t in range(1, 11):
        _, slopes = dl.dlfeval(model_loss, net, X, T)
        net, m, v = dl.adamupdate(net, slopes, m, v, t, 0.01)
        _, peer_slopes = peer.gradients(tx, tl)
        with peer.torch.no_grad():
            for i, (p, g) in enumerate(zip(peer.parameters, peer_slopes, strict=True)):
                new, *state = naive.adam(p.numpy(), g.numpy(), *peer_state[i], t, 0.01)
                p.copy_(peer.torch.tensor(new))
                peer_state[i] = tuple(state)
    for value, p in zip(net.Learnables.Value, peer.parameters, strict=True):
        expected = peer.matlab([p.detach().numpy()])[0].reshape(value.shape)
        np.testing.assert_allclose(value.extractdata(), expected, rtol=0, atol=1e-8)


def test_losses_of_trainnet_agree_in_single_precision(mode, rng):
    x, labels = data(rng, "float32")
    net = dl.dlnetwork(layers(mode))
    peer = TorchNetwork(net, mode, "float32")
    options = dl.trainingOptions(
        "adam",
        MaxEpochs=5,
        MiniBatchSize=8,
        InitialLearnRate=0.01,
        Shuffle="never",
        L2Regularization=0,
        Verbose=False,
    )
    _, info = dl.trainnet(list(x), labels, net, "crossentropy", options, nargout=2)

    tx, tl = peer.torch.tensor(x.transpose(0, 2, 1).copy()), peer.torch.tensor(labels)
    losses, state = [], [(0.0, 0.0)] * len(peer.parameters)
    for t in range(1, 11):
        part = slice(8 * ((t - 1) % 2), 8 * ((t - 1) % 2) + 8)
        loss, slopes = peer.gradients(tx[part], tl[part])
        losses.append(loss.item())
        with peer.torch.no_grad():
            for i, (p, g) in enumerate(zip(peer.parameters, slopes, strict=True)):
                new, *rest = naive.adam(p.numpy(), g.numpy(), *state[i], t, 0.01)
                p.copy_(peer.torch.tensor(new))
                state[i] = tuple(rest)
    np.testing.assert_allclose(info.TrainingHistory.TrainingLoss, losses, rtol=0, atol=1e-3)


def test_convolution_agrees(rng):
    import torch

    x = rng.standard_normal((4, 50, 6)).astype("f4")
    w = rng.standard_normal((3, 6, 10)).astype("f4")
    b = rng.standard_normal(10).astype("f4")
    dilated: dict[str, Any] = {"DilationFactor": 2, "Stride": 3, "Padding": 4}
    Y = dl.dlconv(dl.dlarray(x, "BTC"), w, b, WeightsFormat="TCU", **dilated)
    expected = torch.nn.functional.conv1d(
        torch.tensor(x.transpose(0, 2, 1).copy()),
        torch.tensor(w.transpose(2, 1, 0).copy()),
        torch.tensor(b),
        stride=3,
        dilation=2,
        padding=4,
    )
    np.testing.assert_allclose(
        Y.extractdata().transpose(1, 0, 2), expected.numpy(), rtol=0, atol=1e-5
    )
