"""L-BFGS (Liu and Nocedal, https://doi.org/10.1007/BF01589116): `lbfgsupdate` and its state.

The parameters travel as one vector in double precision, so steps and gradients are multiplied and
summed accurately; each parameter keeps its own type.  A direction comes from the two-loop recursion
over the last pairs of steps and gradient differences, a learning rate along it from a line search
of `line_search`.  A state is a value: an update returns a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .. import _calls, _checks
from ..array import as_data, described, dlarray, leaves, map_together, wrap
from ..formats import ShapeError
from ..tape import Array, decides
from .line_search import METHODS, Along, Point

CALL = "lbfgsupdate"


@dataclass(frozen=True, eq=False)
class LBFGSState:
    """What `lbfgsupdate` knows of the steps so far; see `lbfgsState`.

    HistorySize, InitialInverseHessianFactor : as given to `lbfgsState`.
    InverseHessianFactor : the multiple of the identity that the recursion starts from.
    StepHistory, GradientsDifferenceHistory : the last pairs, oldest first: vectors over all
        parameters.
    Loss, Gradients, AdditionalLossFunctionOutputs : what the loss function returned at the
        parameters that the last update gave.
    StepNorm, GradientsNorm : Euclidean norms over all parameters.
    LineSearchStatus : "completed", or "failed" if no learning rate met the conditions within the
        limit; then the parameters are those of the smallest loss tried, or the old ones.
    """

    HistorySize: int = 10
    InitialInverseHessianFactor: float = 1.0
    InverseHessianFactor: float = 1.0
    StepHistory: tuple[Array, ...] = ()
    GradientsDifferenceHistory: tuple[Array, ...] = ()
    Loss: Any = None
    Gradients: Any = None
    AdditionalLossFunctionOutputs: tuple[Any, ...] = ()
    StepNorm: float | None = None
    GradientsNorm: float | None = None
    LineSearchStatus: str = ""
    last: tuple[Any, Point] | None = field(default=None, repr=False)  # function and point

    @property
    def HistoryIndices(self) -> range:
        """The places of the pairs in the histories, oldest first."""
        return range(len(self.StepHistory))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "last": None}  # functions can't be pickled in general

    def __repr__(self) -> str:
        rows = [
            ("LineSearchStatus", f"{self.LineSearchStatus!r}"),
            ("Loss", _text(self.Loss)),
            ("StepNorm", _text(self.StepNorm)),
            ("GradientsNorm", _text(self.GradientsNorm)),
            ("HistorySize", str(self.HistorySize)),
            ("InverseHessianFactor", _text(self.InverseHessianFactor)),
            ("StepHistory", f"{len(self.StepHistory)} steps"),
        ]
        return "\n".join(["  LBFGSState with properties:", "", *(f"{k:>24}: {v}" for k, v in rows)])


def _text(value: Any) -> str:
    return "[]" if value is None else f"{float(value):.5g}"


@_calls.explained
def lbfgsState(*, HistorySize: int = 10, InitialInverseHessianFactor: float = 1) -> LBFGSState:
    """The state from which `lbfgsupdate` starts.

    Parameters
    ----------
    HistorySize : how many of the last steps the approximation of the Hessian is made of.
    InitialInverseHessianFactor : the approximation of the inverse Hessian before any step, a
        multiple of the identity; later ones are taken from the last step.

    Examples
    --------
    >>> lbfgsState(HistorySize=5).HistorySize
    5
    """
    size = _checks.integer("lbfgsState", "HistorySize", HistorySize)
    factor = _checks.positive(
        "lbfgsState", "InitialInverseHessianFactor", InitialInverseHessianFactor
    )
    return LBFGSState(size, factor, factor)


@_calls.explained
def lbfgsupdate(
    parameters: Any,
    lossFcn: Callable[..., Any],
    solverState: LBFGSState,
    *,
    LineSearchMethod: str = "weak-wolfe",
    MaxNumLineSearchIterations: int = 20,
    NumLossFunctionOutputs: int = 2,
) -> tuple[Any, LBFGSState]:
    """One step of L-BFGS.

    Parameters
    ----------
    parameters : a network or a container of arrays.
    lossFcn : called with such parameters, returns the loss, a scalar, and its gradients, in the
        structure of the parameters (for a network, that of ``net.Learnables``).  It must give the
        same values for the same parameters: the first values of a step are taken over from the last
        step if the function is the same object and the parameters are unchanged.
    solverState : from `lbfgsState` or the step before.
    LineSearchMethod : what a learning rate must do.  "weak-wolfe": decrease the loss and raise its
        slope sufficiently; "strong-wolfe": also flatten it; "backtracking": decrease the loss only.
    MaxNumLineSearchIterations : the most learning rates that are tried.
    NumLossFunctionOutputs : how many values lossFcn returns; those after the gradients are in
        ``solverState.AdditionalLossFunctionOutputs``.

    Returns ``(parameters, solverState)``; nothing is changed in place.  Inside `dlfeval` both are
    constants.

    Raises
    ------
    ValueError : the structures of parameters and gradients differ; the loss function returns
        another number of values.
    ShapeError : the loss is no scalar, or a gradient has another size than its parameter.

    Examples
    --------
    >>> def loss(x):
    ...     y = sum((x - dlarray([1.0, 2.0])) ** 2 * dlarray([1.0, 10.0]))
    ...     return y, dlgradient(y, x)
    >>> x, state = dlarray([0.0, 0.0]), lbfgsState()
    >>> for _ in range(10):
    ...     x, state = lbfgsupdate(x, lambda x: dlfeval(loss, x), state)
    >>> x.extractdata().round(6).ravel(), state.LineSearchStatus
    (array([1., 2.]), 'completed')
    """
    if not callable(lossFcn):
        raise TypeError(f"{CALL}: lossFcn must be a function; got {type(lossFcn).__name__}.")
    if not isinstance(solverState, LBFGSState):
        raise TypeError(
            f"{CALL}: solverState must come from lbfgsState; got {type(solverState).__name__}."
        )
    decides(CALL)  # how many points the line search tries
    method = _checks.choice(CALL, "LineSearchMethod", LineSearchMethod, tuple(METHODS))
    tries = _checks.integer(CALL, "MaxNumLineSearchIterations", MaxNumLineSearchIterations)
    count = _checks.integer(CALL, "NumLossFunctionOutputs", NumLossFunctionOutputs, 2)
    evaluate = Evaluation(parameters, lossFcn, count)
    here = _known(solverState, lossFcn, evaluate.start) or evaluate(evaluate.start)
    direction = _direction(here.gradient, solverState)
    if not direction @ here.gradient < 0:  # not descent, or not finite: forget the history
        solverState = replace(solverState, StepHistory=(), GradientsDifferenceHistory=())
        direction = -solverState.InitialInverseHessianFactor * here.gradient
    point, done = METHODS[method](Along(evaluate, here, direction, tries))
    return point.parameters, _next(solverState, lossFcn, here, point, done)


def _direction(gradient: Array, state: LBFGSState) -> Array:
    """Minus the approximate inverse Hessian times the gradient: the two-loop recursion."""
    pairs = list(zip(state.StepHistory, state.GradientsDifferenceHistory, strict=True))
    q, weights = gradient.copy(), []
    for s, y in reversed(pairs):
        weight = (s @ q) / (s @ y)
        q -= weight * y
        weights.append(weight)
    q *= state.InverseHessianFactor if pairs else state.InitialInverseHessianFactor
    for (s, y), weight in zip(pairs, reversed(weights), strict=True):
        q += (weight - (y @ q) / (s @ y)) * s
    return -q


def _next(state: LBFGSState, function: Any, here: Point, point: Point, done: bool) -> LBFGSState:
    """The state after a step."""
    s, y = point.x - here.x, point.gradient - here.gradient
    steps, differences = state.StepHistory, state.GradientsDifferenceHistory
    factor = state.InverseHessianFactor
    # A pair without positive curvature would spoil the approximation: "backtracking" may give one.
    if s @ y > np.finfo(float).eps * (y @ y):
        steps = (*steps, s)[-state.HistorySize :]
        differences = (*differences, y)[-state.HistorySize :]
        factor = float((s @ y) / (y @ y))
    return replace(
        state,
        StepHistory=steps,
        GradientsDifferenceHistory=differences,
        InverseHessianFactor=factor,
        Loss=point.values[0],
        Gradients=point.values[1],
        AdditionalLossFunctionOutputs=tuple(point.values[2:]),
        StepNorm=float(np.linalg.norm(s)),
        GradientsNorm=float(np.linalg.norm(point.gradient)),
        LineSearchStatus="completed" if done else "failed",
        last=(function, point),
    )


def _known(state: LBFGSState, function: Any, x: Array) -> Point | None:
    """The values of this loss function at these parameters, if the last step ended there."""
    if state.last is None or state.last[0] is not function:
        return None
    return state.last[1] if np.array_equal(state.last[1].x, x) else None


class Evaluation:
    """The loss function at a vector, which holds the arrays of a container one after the other."""

    def __init__(self, parameters: Any, function: Callable[..., Any], count: int) -> None:
        self.like, self.function, self.count = parameters, function, count
        for path, leaf in leaves(parameters):
            kind = leaf.dtype.kind if isinstance(leaf, (dlarray, np.ndarray)) else ""
            if kind != "f":
                what = f"{described(leaf)} {leaf.dtype}" if kind else type(leaf).__name__
                raise TypeError(
                    f"{CALL}: parameters must be single or double arrays; got {what}"
                    f"{' at ' if path else ''}{path}."
                )
        self.start = self._flat([leaf for _, leaf in leaves(parameters)])

    def __call__(self, x: Array) -> Point:
        parameters = self._container(x)
        values = self.function(parameters)
        if not isinstance(values, (tuple, list)) or len(values) != self.count:
            got = len(values) if isinstance(values, (tuple, list)) else type(values).__name__
            raise ValueError(
                f"{CALL}: lossFcn must return {self.count} values, the loss, the gradients and "
                f"what NumLossFunctionOutputs adds; got {got}."
            )
        loss = _data(values[0])
        if loss.size != 1 or loss.dtype.kind not in "fiu":
            raise ShapeError(
                f"{CALL}: the loss must be a real scalar; got {described(values[0])}. Reduce it, "
                "for example with sum(loss, 'all')."
            )
        # The vector as the parameters' types have rounded it, which is where the loss was taken.
        x = self._flat([leaf for _, leaf in leaves(parameters)])
        gradient = self._flat(self._matched(values[1]))
        return Point(x, parameters, float(loss.item()), gradient, tuple(values))

    def _matched(self, gradients: Any) -> list[Any]:
        """Gradients of the structure of the parameters, in their order."""
        found: list[Any] = []

        def one(p: Any, g: Any) -> tuple[Any, ...]:
            data = _data(g)
            if [n for n in data.shape if n != 1] != [n for n in p.shape if n != 1]:
                raise ShapeError(
                    f"{CALL}: a gradient has another size than its parameter.\n  parameter: "
                    f"{described(p)}\n  gradient:  {described(g)}"
                )
            found.append(data)
            return (p,)

        map_together(CALL, 1, one, self.like, gradients)
        return found

    def _flat(self, arrays: list[Any]) -> Array:
        parts = [_data(array).reshape(-1) for array in arrays]
        return np.concatenate(parts, dtype=np.float64) if parts else np.zeros(0)

    def _container(self, x: Array) -> Any:
        """A vector as a container like the parameters."""
        start = 0

        def one(p: Any) -> tuple[Any, ...]:
            nonlocal start
            stop = start + _data(p).size
            data = x[start:stop].reshape(p.shape).astype(p.dtype)
            start = stop
            return (wrap(data, p.fmt) if isinstance(p, dlarray) else data,)

        return map_together(CALL, 1, one, self.like)[0]


def _data(x: Any) -> Array:
    return x._data if isinstance(x, dlarray) else np.asarray(as_data(x, CALL))
