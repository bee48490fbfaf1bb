"""Line searches: a learning rate along a direction of descent that meets conditions on the loss.

With f(t) the loss at learning rate t: the decrease is sufficient if ``f(t) <= f(0) + C1 t f'(0)``;
the slope is sufficiently raised (weak Wolfe) if ``f'(t) >= C2 f'(0)``, and flattened (strong Wolfe)
if ``|f'(t)| <= C2 |f'(0)|``.  Where the loss or its slope is not finite, the rate is too large.
(Nocedal and Wright, Numerical Optimization, chapter 3.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from ..tape import Array

C1, C2 = 1e-4, 0.9


class Point(NamedTuple):
    """Parameters, as a vector and in their container, and what the loss function gives there."""

    x: Array
    parameters: Any
    loss: float
    gradient: Array
    values: tuple[Any, ...]  # as the loss function returned them


class Along:
    """The loss along a direction from a point; remembers the best point tried."""

    def __init__(
        self, evaluate: Callable[[Array], Point], here: Point, direction: Array, tries: int
    ) -> None:
        self.evaluate, self.here, self.direction, self.tries = evaluate, here, direction, tries
        self.slope = float(here.gradient @ direction)
        self.best = here

    def __call__(self, t: float) -> tuple[Point, float]:
        """The point at a learning rate, and the slope there; NaN if the loss is not finite."""
        point = self.evaluate(self.here.x + t * self.direction)
        if point.loss < self.best.loss:
            self.best = point
        slope = float(point.gradient @ self.direction)
        return point, slope if math.isfinite(point.loss) else math.nan

    def decreases(self, point: Point, t: float) -> bool:
        """Whether the loss decreases sufficiently."""
        return point.loss <= self.here.loss + C1 * t * self.slope


def backtracking(along: Along) -> tuple[Point, bool]:
    """Halve the rate until the loss decreases."""
    t = 1.0
    for _ in range(along.tries):
        point, slope = along(t)
        if along.decreases(point, t) and math.isfinite(slope):
            return point, True
        t /= 2
    return along.best, False


def weak_wolfe(along: Along) -> tuple[Point, bool]:
    """Double the rate, or bisect between rates too small and too large (Lewis and Overton,
    https://doi.org/10.1007/s10107-012-0514-2).
    """
    t, low, high = 1.0, 0.0, math.inf
    for _ in range(along.tries):
        point, slope = along(t)
        if not along.decreases(point, t) or math.isnan(slope):
            high = t
        elif slope < C2 * along.slope:
            low = t
        else:
            return point, True
        t = 2 * low if high == math.inf else (low + high) / 2
    return along.best, False


class _Trial(NamedTuple):
    t: float
    loss: float
    slope: float


def strong_wolfe(along: Along) -> tuple[Point, bool]:
    """Double the rate until a minimum is bracketed, then interpolate in the bracket, whose end
    ``low`` has the smaller loss.
    """
    t, low = 1.0, _Trial(0.0, along.here.loss, along.slope)
    high = _Trial(math.inf, math.inf, math.nan)
    for _ in range(along.tries):
        point, slope = along(t)
        new = _Trial(t, point.loss, slope)
        decreases = along.decreases(point, t) and not math.isnan(slope)
        if decreases and abs(slope) <= -C2 * along.slope:
            return point, True
        if not decreases or new.loss >= low.loss:
            high = new
        else:
            if slope * (high.t - low.t) >= 0:
                high = low
            low = new
        t = 2 * t if high.t == math.inf else _between(low, high)
    return along.best, False


def _between(a: _Trial, b: _Trial) -> float:
    """The minimum of the cubic through two trials, kept away from both; else their middle."""
    width = b.t - a.t
    inner = a.slope + b.slope - 3 * (b.loss - a.loss) / width
    square = inner * inner - a.slope * b.slope
    if square >= 0:
        root = math.copysign(math.sqrt(square), width)
        bottom = b.slope - a.slope + 2 * root
        share = 1 - (b.slope + root - inner) / bottom if bottom else math.nan
        if math.isfinite(share):
            return a.t + width * min(max(share, 0.1), 0.9)
    return a.t + width / 2


METHODS: dict[str, Callable[[Along], tuple[Point, bool]]] = {
    "weak-wolfe": weak_wolfe,
    "strong-wolfe": strong_wolfe,
    "backtracking": backtracking,
}
