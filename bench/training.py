"""One training step of the sequence classification example: batch 128, length 200, Adam.

Forward, loss, gradients and update on a mini-batch that lies ready, in single precision.  PyTorch's
network is the same: causal padding, ReLU, layer normalization over channels, mean over time; its
loss is `cross_entropy` on the scores before softmax.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .peers import Prepared

MEASURES = ("training step",)
COLUMNS = "network"


class Case(NamedTuple):
    batch: int
    length: int

    @property
    def name(self) -> str:
        return f"batch {self.batch}, length {self.length}"

    def flops(self, measure: str) -> float:
        positions = 2.0 * self.batch * self.length
        return positions * (2 * 5 * 3 * 32 + 3 * 5 * 32 * 64)


CASES = (Case(128, 200), Case(32, 100))


def arrays(case: Case) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = {
        "x": (case.batch, case.length, 3),
        "w1": (5, 3, 32),
        "w2": (5, 32, 64),
        "w3": (4, 64),
    }
    data: dict[str, np.ndarray] = {}
    for name, shape in shapes.items():
        data[name] = 0.2 * rng.standard_normal(shape, "f4")
    data["labels"] = rng.integers(0, 4, case.batch)
    return data


def layers() -> list[Any]:
    """The network of the example."""
    import dlarray as dl

    blocks = []
    for filters in (32, 64):
        convolution = dl.convolution1dLayer(5, filters, Padding="causal")
        blocks += [convolution, dl.reluLayer(), dl.layerNormalizationLayer()]
    head = [dl.globalAveragePooling1dLayer(), dl.fullyConnectedLayer(4), dl.softmaxLayer()]
    return [dl.sequenceInputLayer(3), *blocks, *head]


def ours(case: Case) -> Prepared:
    """The step, and the gradients of all weights at the start to compare."""
    import dlarray as dl
    from dlarray.training.loop import Training

    data = arrays(case)
    options = dl.trainingOptions(
        "adam", Verbose=False, L2Regularization=0, MiniBatchSize=case.batch
    )
    net = dl.dlnetwork(layers())
    for i, name in ((0, "w1"), (4, "w2"), (8, "w3")):
        net.Learnables.Value[i] = dl.dlarray(data[name])
    run = Training(list(data["x"]), data["labels"], net, "crossentropy", options)
    order = np.arange(case.batch)
    X, T = run.train.inputs(order), run.train.targets(order)
    count = [0]

    def step() -> float:
        loss, _, slopes, _ = run._gradients(X, T)
        count[0] += 1
        run.net = run.solver.step(run.net, slopes, 0.001, count[0])
        return loss

    def results() -> list[np.ndarray]:
        loss, _, slopes, _ = run._gradients(X, T)
        return [np.array(loss), slopes[0], slopes[4], slopes[8]]

    return Prepared({"training step": step}, results)


def peer(case: Case) -> tuple[Callable[[], Any], list[Any]]:
    """PyTorch's loss, and its parameters."""
    import torch as t

    F = t.nn.functional
    data = arrays(case)
    net = t.nn.ModuleList(
        [
            t.nn.Conv1d(3, 32, 5),
            t.nn.LayerNorm(32),
            t.nn.Conv1d(32, 64, 5),
            t.nn.LayerNorm(64),
            t.nn.Linear(64, 4),
        ]
    )
    with t.no_grad():
        net[0].weight[:] = t.tensor(data["w1"].transpose(2, 1, 0).copy())
        net[2].weight[:] = t.tensor(data["w2"].transpose(2, 1, 0).copy())
        net[4].weight[:] = t.tensor(data["w3"])
        for i in (0, 2, 4):
            net[i].bias[:] = 0
    x = t.tensor(data["x"].transpose(0, 2, 1).copy())
    labels = t.tensor(data["labels"])

    def loss() -> Any:
        h = x
        for convolution, norm in ((net[0], net[1]), (net[2], net[3])):
            h = F.relu(convolution(F.pad(h, (4, 0))))
            h = norm(h.transpose(1, 2)).transpose(1, 2)
        return F.cross_entropy(net[4](h.mean(2)), labels)

    return loss, list(net.parameters())


def torch(case: Case) -> Prepared:
    """The same in PyTorch."""
    import torch as t

    loss, parameters = peer(case)
    adam = t.optim.Adam(parameters, lr=0.001)

    def step() -> float:
        adam.zero_grad()
        value = loss()
        value.backward()
        adam.step()
        return float(value.item())

    def results() -> list[np.ndarray]:
        value = loss()
        slopes = t.autograd.grad(value, [parameters[i] for i in (0, 4, 8)])
        first, second, third = (g.numpy() for g in slopes)
        return [value.detach().numpy(), first.transpose(2, 1, 0), second.transpose(2, 1, 0), third]

    return Prepared({"training step": step}, results)
