"""The text of a plan: one function of the inputs, a line a call.

Walking over a list of steps instead costs 1 us a step more, as much as the small calls themselves.

``v3`` is the value in slot 3 as the operators have it, ``k3`` the same as its kernel left it, and
``w0``, ``w1``, ... are views of such; what a kernel takes is made from what another left in as few
views as there can be (`tape.direct`).  A view of label order is made only where one asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..formats import Shape
from ..tape import Direct, Steps, Way, after, simplified, undone


class Slot(NamedTuple):
    """Where an option's array lies."""

    number: int


class Call(NamedTuple):
    """One operator call: where its arguments lie and its results go."""

    operator: Any
    arguments: tuple[int, ...]
    options: dict[str, Any]
    arrays_in_options: dict[str, Any]  # option -> where its arrays lie: a slot, or tuples of such
    result: int  # the slot of its value
    residuals: tuple[tuple[int, int], ...]  # (place in the operator's tuple, slot)
    several: bool  # the operator returns a tuple
    traced: tuple[bool, ...] | None  # of an argument: recorded on the tape that was open outside

    @property
    def slots(self) -> tuple[int, ...]:
        """Where all its results go, in their order."""
        return (self.result, *(slot for _, slot in self.residuals))


class _Line(NamedTuple):
    targets: tuple[str, ...]
    text: str
    reads: tuple[str, ...]


class _Place(NamedTuple):
    """Where the value of a slot is found."""

    name: str
    shape: Shape
    steps: Steps  # from there to label order


class PlanText:
    """The text of the calls, and the calls that it needs: ``functions[number]`` for ``f{number}``.

    ``values`` are the recorded ones, of which the shapes count.
    """

    def __init__(
        self, calls: Sequence[Call], values: Sequence[Any], outputs: Sequence[int], n_inputs: int
    ) -> None:
        self.functions: dict[int, Callable[..., Any]] = {}
        self.options: dict[str, Any] = {}
        self._values = values
        self._lines: list[_Line] = []
        self._places: dict[int, _Place] = {}
        self._views: dict[tuple[str, Steps], str] = {}
        for number, call in enumerate(calls):
            self._add(number, call)
        results = [self._value(slot) for slot in outputs]
        inputs = [f"v{slot}" for slot in range(n_inputs)]
        self.text = "\n".join(
            [
                f"def run({', '.join(inputs)}):",
                *_with_deletions(self._lines, inputs, results),
                f"    return ({''.join(f'{name}, ' for name in results)})",
            ]
        )

    def _add(self, number: int, call: Call) -> None:
        direct = None
        if call.operator.direct is not None and not call.arrays_in_options:
            direct = call.operator.direct(
                *[self._values[s] for s in call.arguments], **call.options
            )
        if direct is None:
            self._indirect(number, call)
        elif direct.call is None:
            (slot,) = call.arguments
            found = self._place(slot)
            steps = found.steps + direct.into[0](self._values[slot].shape)
            self._places[call.result] = found._replace(steps=simplified(found.shape, steps))
        else:
            self.functions[number] = direct.call
            if not direct.elementwise or not self._elementwise(number, call):
                self._direct(number, call, direct)

    def _indirect(self, number: int, call: Call) -> None:
        """A call as the operator makes it."""
        self.functions[number] = call.operator.forward
        arguments = [self._value(slot) for slot in call.arguments]
        reads = list(arguments)
        for name, value in call.options.items():
            constant = f"o{number}_{name}"
            if name in call.arrays_in_options:
                text = self._option(call.arrays_in_options[name], reads)
            else:
                text, self.options[constant] = constant, value
            arguments.append(f"{name}={text}")
        self._call(number, call, arguments, reads, [f"v{slot}" for slot in call.slots])

    def _option(self, part: Any, reads: list[str]) -> str:
        """What fills an option: slots in nested tuples."""
        if isinstance(part, Slot):
            reads.append(self._value(part.number))
            return reads[-1]
        return "(" + "".join(f"{self._option(p, reads)}, " for p in part) + ")"

    def _direct(self, number: int, call: Call, direct: Direct) -> None:
        """A call whose arguments and results are those of a kernel."""
        ways: Sequence[Way | None] = direct.into or (None,) * len(call.arguments)
        arguments = [
            self._value(slot) if way is None else self._seen(slot, way)
            for place, (slot, way) in enumerate(zip(call.arguments, ways, strict=True))
            if place not in direct.unused
        ]
        targets = []
        for place, slot in enumerate(call.slots):
            way = direct.out[place] if place < len(direct.out) else None
            targets.append(f"v{slot}" if way is None else self._left(slot, way))
        self._call(number, call, arguments, arguments, targets)

    def _elementwise(self, number: int, call: Call) -> bool:
        """A call for arrays that kernels left in one order, as they lie; False if they do not."""
        first = self._places.get(call.arguments[0])
        if first is None or "transpose" not in [kind for kind, _ in first.steps]:
            return False
        back = undone(first.shape, first.steps)
        places = [self._place(slot) for slot in call.arguments]
        ways = [simplified(place.shape, place.steps + back) for place in places]
        if any(kind == "transpose" for steps in ways for kind, _ in steps):
            return False
        arguments = [self._view(p.name, steps) for p, steps in zip(places, ways, strict=True)]
        self._call(number, call, arguments, arguments, [f"k{call.result}"])
        self._places[call.result] = first._replace(name=f"k{call.result}")
        return True

    def _call(
        self,
        number: int,
        call: Call,
        arguments: Sequence[str],
        reads: Sequence[str],
        targets: Sequence[str],
    ) -> None:
        comma = "," if call.several and len(targets) == 1 else ""
        text = f"{', '.join(targets)}{comma} = f{number}({', '.join(arguments)})"
        self._lines.append(_Line(tuple(targets), text, tuple(reads)))

    # -- where values are -------------------------------------------------------------------------

    def _place(self, slot: int) -> _Place:
        found = self._places.get(slot)
        return _Place(f"v{slot}", self._values[slot].shape, ()) if found is None else found

    def _value(self, slot: int) -> str:
        """The name of a slot's value in label order."""
        found = self._places.get(slot)
        return f"v{slot}" if found is None else self._view(found.name, found.steps)

    def _seen(self, slot: int, way: Way) -> str:
        """The name of a slot's value as this way leads to."""
        found = self._place(slot)
        steps = found.steps + way(self._values[slot].shape)
        return self._view(found.name, simplified(found.shape, steps))

    def _left(self, slot: int, way: Way) -> str:
        """The name of what a kernel leaves, to where this way leads from the value of the slot."""
        shape = self._values[slot].shape
        steps = way(shape)
        start = after(shape, steps)
        back = simplified(start, undone(shape, steps))
        if not back:
            return f"v{slot}"
        self._places[slot] = _Place(f"k{slot}", start, back)
        return f"k{slot}"

    def _view(self, name: str, steps: Steps) -> str:
        """The name of a view, made at its first use."""
        if not steps:
            return name
        known = self._views.get((name, steps))
        if known is None:
            known = self._views[name, steps] = f"w{len(self._views)}"
            views = "".join(f".{kind}({to})" for kind, to in steps)
            self._lines.append(_Line((known,), f"{known} = {name}{views}", (name,)))
        return known


def _with_deletions(
    lines: Sequence[_Line], inputs: Sequence[str], results: Sequence[str]
) -> list[str]:
    """The lines, each followed by the deletion of what nothing reads after it."""
    mine = {*inputs, *(name for line in lines for name in line.targets)}  # others are constants
    last: dict[str, int] = {}
    for number, line in enumerate(lines):
        last.update((name, number) for name in (*line.targets, *line.reads) if name in mine)
    found = []
    for number, line in enumerate(lines):
        found.append(f"    {line.text}")
        dead = [name for name, at in last.items() if at == number and name not in results]
        if dead:
            found.append(f"    del {', '.join(dead)}")
    return found
