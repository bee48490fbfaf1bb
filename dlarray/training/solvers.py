"""One training step: regularization, gradient threshold, solver."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import kernels
from ..array import dlarray, wrap
from ..network import dlnetwork
from .options import TrainingOptions, TrainingOptionsADAM

Array = np.ndarray[Any, Any]


def clipped(gradients: Sequence[Array], threshold: float, method: str) -> list[Array]:
    """Gradients cut to a threshold: each norm ("l2norm"), the norm of all ("global-l2norm") or each
    element.
    """
    if math.isinf(threshold):
        return list(gradients)
    if method == "absolute-value":
        return [np.clip(g, -threshold, threshold) for g in gradients]
    norms = [float(np.linalg.norm(g.ravel().astype(np.float64))) for g in gradients]
    if method == "global-l2norm":
        norms = [math.sqrt(sum(norm**2 for norm in norms))] * len(norms)
    return [
        g * g.dtype.type(threshold / norm) if norm > threshold else g
        for g, norm in zip(gradients, norms, strict=True)
    ]


class Solver:
    """Adam or SGDM with its state, one entry for each learnable, which no one else has."""

    def __init__(self, net: dlnetwork, options: TrainingOptions) -> None:
        self.options = options
        layers = {layer.Name: layer for layer in net._layers}
        rows = list(zip(net.Learnables.Layer, net.Learnables.Parameter, strict=True))
        self.rates = [layers[layer].factor(name, "LearnRateFactor") for layer, name in rows]
        self.l2 = [
            options.L2Regularization * layers[layer].factor(name, "L2Factor")
            for layer, name in rows
        ]
        self.state: list[tuple[Array, ...]] = [()] * len(rows)

    def step(
        self, net: dlnetwork, gradients: Sequence[Array], rate: float, iteration: int
    ) -> dlnetwork:
        """The network after one step; parameters with learn-rate factor 0 keep their values."""
        values = [value._data for value in net.Learnables.Value]
        regular = [
            g + g.dtype.type(l2) * p if l2 else g
            for g, p, l2 in zip(gradients, values, self.l2, strict=True)
        ]
        cut = clipped(regular, self.options.GradientThreshold, self.options.GradientThresholdMethod)
        new: list[dlarray] = []
        for i, (value, g) in enumerate(zip(net.Learnables.Value, cut, strict=True)):
            if self.rates[i] == 0:
                new.append(value)
                continue
            state = self.state[i] or self._start(value._data)
            updated, *self_state = self._update(
                value._data, g, state, rate * self.rates[i], iteration
            )
            self.state[i] = tuple(self_state)
            new.append(wrap(updated, value.fmt))
        return net.with_learnables(net.Learnables.replaced(new))

    def _start(self, p: Array) -> tuple[Array, ...]:
        count = 2 if isinstance(self.options, TrainingOptionsADAM) else 1
        return tuple(np.zeros_like(p) for _ in range(count))

    def _update(
        self, p: Array, g: Array, state: tuple[Array, ...], rate: float, iteration: int
    ) -> tuple[Array, ...]:
        options = self.options
        if not isinstance(options, TrainingOptionsADAM):
            return kernels.sgdm(p, g, state[0], rate, options.Momentum)
        decay, sq_decay = options.GradientDecayFactor, options.SquaredGradientDecayFactor
        step = kernels.AdamStep.number(iteration, rate, decay, sq_decay, options.Epsilon)
        return kernels.adam(p, g, state[0], state[1], step, in_place=True)
