"""The structure of a network: names, connections, and the order in which layers run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ..layers import Layer

Connection = tuple[str, str]  # (source, destination), each "layer" or "layer/port"


class Step(NamedTuple):
    """One layer's turn: where its inputs lie and where its outputs go, as slots of the values of a
    call.
    """

    layer: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class Plan(NamedTuple):
    """How a call runs: the steps, slots of the network's inputs, and the slot of every output
    port.
    """

    steps: tuple[Step, ...]
    input_slots: tuple[tuple[str, int], ...]
    slots: dict[str, int]
    outputs: tuple[str, ...]


def named(layers: Sequence[Layer]) -> list[Layer]:
    """Copies of the layers with names: unnamed ones get the name of their type, numbered where it
    is not the only one.

    A layer in two places of the list is two layers.  Names of the user stay; two equal ones are an
    error.
    """
    copies = [layer.copy() for layer in layers]
    taken = [layer.Name for layer in copies if layer.Name]
    for name in taken:
        if "/" in name:
            raise ValueError(
                f"dlnetwork: the layer name '{name}' has a '/', which stands between a layer and "
                "its port. Choose a name without it."
            )
    repeated = [name for name, n in Counter(taken).items() if n > 1]
    if repeated:
        raise ValueError(
            f"dlnetwork: layer names must differ; '{repeated[0]}' occurs "
            f"{taken.count(repeated[0])} times."
        )
    used = set(taken)
    counts = Counter(layer.default_name for layer in copies if not layer.Name)
    numbers: Counter[str] = Counter()
    for layer in copies:
        if layer.Name:
            continue
        base = layer.default_name
        name = base
        if counts[base] > 1 or base in used:
            numbers[base] += 1
            while f"{base}_{numbers[base]}" in used:
                numbers[base] += 1
            name = f"{base}_{numbers[base]}"
        layer.Name = name
        used.add(name)
    return copies


def in_series(layers: Sequence[Layer]) -> list[Connection]:
    """Connections of layers one after the other."""
    connections = []
    for before, after in pairwise(layers):
        if before.NumOutputs != 1 or after.NumInputs != 1:
            raise ValueError(
                "dlnetwork: layers in a list follow each other with one output and one input; "
                f"'{before.Name}' has {before.NumOutputs} outputs and '{after.Name}' "
                f"{after.NumInputs} inputs."
            )
        connections.append((before.Name, after.Name))
    return connections


def plan(layers: Sequence[Layer], connections: Sequence[Connection]) -> Plan:
    """Check the graph and order its layers; every unconnected input is an input of the network."""
    owners = [i for i, layer in enumerate(layers) for _ in layer.OutputNames]
    outputs = [port for layer in layers for port in _ports(layer, layer.OutputNames)]
    slots = {port: slot for slot, port in enumerate(outputs)}
    sources = _sources(layers, connections, slots)
    input_slots: list[tuple[str, int]] = []
    needs: list[tuple[int, ...]] = []
    for layer in layers:
        row = []
        for port in _ports(layer, layer.InputNames) or [layer.Name]:
            if port in sources:
                row.append(slots[sources[port]])
            else:
                input_slots.append((port.removesuffix("/in"), len(slots) + len(input_slots)))
                row.append(input_slots[-1][1])
        needs.append(tuple(row))
    steps = tuple(
        Step(i, needs[i], tuple(slots[port] for port in _ports(layers[i], layers[i].OutputNames)))
        for i in _ordered(layers, needs, owners)
    )
    used = set(sources.values())
    free = tuple(port.removesuffix("/out") for port in outputs if port not in used)
    return Plan(steps, tuple(input_slots), slots, free)


def _sources(
    layers: Sequence[Layer], connections: Sequence[Connection], slots: dict[str, int]
) -> dict[str, str]:
    """The output port that each connected input port reads."""
    inputs = {port for layer in layers for port in _ports(layer, layer.InputNames)}
    sources: dict[str, str] = {}
    for source, destination in connections:
        ends = (
            _full(source, {layer.Name: layer.OutputNames for layer in layers}),
            _full(destination, {layer.Name: layer.InputNames for layer in layers}),
        )
        for end, ports, kind in zip(ends, (slots, inputs), ("output", "input"), strict=True):
            if end not in ports:
                raise ValueError(
                    f"dlnetwork: the connection {source} -> {destination} names no {kind}; there "
                    f"are {', '.join(ports) or 'none'}."
                )
        if ends[1] in sources:
            raise ValueError(f"dlnetwork: input {destination} is connected twice.")
        sources[ends[1]] = ends[0]
    return sources


def _ports(layer: Layer, names: Sequence[str]) -> list[str]:
    return [f"{layer.Name}/{name}" for name in names]


def _full(end: str, ports: dict[str, list[str]]) -> str:
    """An end of a connection with its port, which may be left out where there is one."""
    if len(ports.get(end, ())) == 1:
        return f"{end}/{ports[end][0]}"
    return end


def _ordered(layers: Sequence[Layer], needs: list[tuple[int, ...]], owners: list[int]) -> list[int]:
    """The layers so that each comes after those it reads; in their own order where that is free."""
    done: list[int] = []
    left = list(range(len(layers)))
    while left:
        ready = [
            i for i in left if all(slot >= len(owners) or owners[slot] in done for slot in needs[i])
        ]
        if not ready:
            raise ValueError(
                f"dlnetwork: the connections run in a circle through '{layers[left[0]].Name}'."
            )
        done.append(ready[0])
        left.remove(ready[0])
    return done
