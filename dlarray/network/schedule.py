"""What a call of a network runs: the turns of its layers, made once for each set of outputs.

Two layers run as one where the first offers it (`Layer.fuseWith`), nothing else reads what lies
between them, and the call does not ask for it.  Nobody sees the layer that stands for them: the
network's layers, tables, files and listings stay, and an error is that of the layers one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from ..layers import Layer, Learnable, State
from .graph import Plan, Step


class Turn(NamedTuple):
    """One layer's turn, or one of several layers."""

    layer: Layer  # the one to call: a network's own, or one that stands for several
    steps: tuple[Step, ...]  # those that it does
    dead: tuple[int, ...]  # slots that nothing reads afterwards, so that their arrays can go


class Schedules:
    """The turns of a network's calls, for every set of outputs that was asked for."""

    def __init__(self, layers: Sequence[Layer], plan: Plan) -> None:
        self.layers, self.plan = layers, plan
        self.made: dict[tuple[int, ...], tuple[Turn, ...]] = {}

    def turns(self, wanted: tuple[int, ...]) -> tuple[Turn, ...]:
        """The turns of a call that returns the values of these slots."""
        if wanted not in self.made:
            self.made[wanted] = tuple(_turns(self.layers, self.plan, wanted))
        return self.made[wanted]

    def __reduce__(self) -> Any:
        """Copies and files hold no layers but the network's own."""
        return Schedules, (self.layers, self.plan)


def _turns(layers: Sequence[Layer], plan: Plan, wanted: tuple[int, ...]) -> Iterator[Turn]:
    groups = list(_groups(layers, plan, wanted))
    last = {}
    for number, (_, steps) in enumerate(groups):
        for slot in (*steps[0].inputs, *steps[-1].outputs):
            last[slot] = number
    for number, (layer, steps) in enumerate(groups):
        dead = (slot for slot, at in last.items() if at == number and slot not in wanted)
        yield Turn(layer, steps, tuple(dead))


def _groups(
    layers: Sequence[Layer], plan: Plan, wanted: tuple[int, ...]
) -> Iterator[tuple[Layer, tuple[Step, ...]]]:
    """Layers to call, and the steps that each does."""
    readers = Counter(slot for step in plan.steps for slot in step.inputs)
    only = {step.inputs[0]: step for step in plan.steps if len(step.inputs) == 1}
    done: set[int] = set()
    for step in plan.steps:
        if step.layer in done:
            continue
        layer, steps = layers[step.layer], [step]
        while (out := steps[-1].outputs) and len(out) == 1 and out[0] not in wanted:
            after = only.get(out[0])
            if after is None or readers[out[0]] != 1:
                break
            fused = _fused(layer, layers[after.layer], step.layer, len(layers))
            if fused is None:
                break
            layer = fused
            steps.append(after)
            done.add(after.layer)
        yield layer, tuple(steps)


def _fused(layer: Layer, after: Layer, number: int, count: int) -> Layer | None:
    """The layer that stands for two, by the name of the first; None if there is none."""
    if any(next(type(after).declared(kind), None) for kind in (Learnable, State)):
        return None
    with naming(layer, f"{number + 1} of {count}", "fuseWith"):
        fused = layer.copy().fuseWith(after.copy())
        if fused is None:
            return None
        if not isinstance(fused, Layer):
            raise TypeError(
                f"{layer.call}: fuseWith must return a layer, or None; got {type(fused).__name__}."
            )
        fused = fused.copy()
        fused.Name = layer.Name
        if _ports(fused) != (layer.NumInputs, after.NumOutputs, _states(layer)):
            raise ValueError(
                f"{layer.call}: the layer of fuseWith must have the inputs and states of the first "
                f"layer and the outputs of the second, {layer.NumInputs} inputs, "
                f"{after.NumOutputs} outputs and the states {_states(layer)}; it has "
                f"{fused.NumInputs}, {fused.NumOutputs} and {_states(fused)}."
            )
    return fused


def _ports(layer: Layer) -> tuple[int, int, list[str]]:
    return layer.NumInputs, layer.NumOutputs, _states(layer)


def _states(layer: Layer) -> list[str]:
    return [name for name, _ in type(layer).declared(State)]


@contextmanager
def naming(layer: Layer, place: str, method: str) -> Iterator[None]:
    """Say in errors of a layer which layer it was."""
    try:
        yield
    except Exception as error:
        error.add_note(
            f"in layer '{layer.Name}' ({type(layer).__name__}, {place}), method {method}"
        )
        raise
