"""Plans: the operator calls of a computation, recorded once and repeated on other arrays.

A `Recorder` watches a call of a function.  Each array that it meets has a *slot*: an input, the
result of a step, or a constant; which one is told by the array object itself, for every numeric
step is an operator call that makes a new one.  What leads to no output is left out of the plan, and
what follows from constants alone is computed once.

A plan repeats the very calls of the operators' functions, in their order, so its results are the
same bits.  It is written as the text of one Python function (`plan_text`) and compiled.  On values
that an outer tape traces, `Plan.traced` repeats those calls that were recorded as operator calls,
so that the outer tape has its nodes, and the others as plain ones.

What can't be repeated for other values is found while recording, and said in `Recorder.reason`: an
array that was computed from others outside the operators, or a size that depends on values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..tape import Array, Operator, Tape, Traced, current_tape
from .plan_text import Call, PlanText, Slot


class Recorder:
    """Watches a call; see the module's text.

    ``inputs`` are the arrays that later calls replace, each a different object.
    """

    def __init__(self, inputs: Sequence[Array]) -> None:
        self.reason = ""
        self.values: list[Any] = list(inputs)  # holds every array, so that no two share an id
        self.n_inputs = len(self.values)
        self.slots = {id(array): slot for slot, array in enumerate(self.values)}
        self.calls: list[Call] = []
        self.made: set[int] = set(range(self.n_inputs))  # slots that are no constants
        self.outer: Tape | None = current_tape()

    # -- what the watcher is told -----------------------------------------------------------------

    def called(
        self,
        operator: Operator,
        arguments: tuple[Any, ...],
        options: dict[str, Any],
        result: Any,
        traced: list[bool] | None,
    ) -> Any:
        slots = tuple([self._argument(operator, argument) for argument in arguments])
        if current_tape() is not self.outer or self.outer is None:
            traced = None
        if traced is not None:
            self._check_captured(slots, traced)
        in_options = {name: self._in_option(value) for name, value in options.items()}
        several = type(result) is tuple
        parts = [self._own(part) for part in (result if several else (result,))]
        numbers = [self._made(part) for part in parts]
        self.calls.append(
            Call(
                operator,
                slots,
                options,
                {name: value for name, value in in_options.items() if value is not None},
                numbers[0],
                tuple(enumerate(numbers[1:], 1)),
                several,
                None if traced is None else tuple(traced),
            )
        )
        return tuple(parts) if several else parts[0]

    def constant(self, array: Array) -> Array:
        if id(array) not in self.slots:
            array = array.copy(order="K")  # its owner may change it
            self._new(array)
        return array

    def wrapped(self, array: Array) -> None:
        if id(array) not in self.slots:
            self.give_up("an array was computed from others outside dlarray's operators")
            self._new(array)

    def decides(self, what: str, array: Array | None) -> None:
        if array is None or self.slots.get(id(array)) in self.made:
            self.give_up(f"{what} depends on values")

    # -- slots ------------------------------------------------------------------------------------

    def slot_of(self, array: Any) -> int:
        """The slot of an array; a new constant if nothing made it."""
        slot = self.slots.get(id(array))
        return self._new(array) if slot is None else slot

    def _new(self, value: Any) -> int:
        self.values.append(value)
        slot = len(self.values) - 1
        if isinstance(value, np.ndarray):
            self.slots[id(value)] = slot
        return slot

    def _argument(self, operator: Operator, argument: Any) -> int:
        if isinstance(argument, Traced):
            return self.slot_of(argument._data)  # one that is new was captured: a constant
        if isinstance(argument, np.ndarray) and argument.ndim and id(argument) not in self.slots:
            self.give_up(
                f"{operator.name} takes an array that was made outside dlarray's functions"
            )
        return self.slot_of(argument)

    def _in_option(self, value: Any) -> Any:
        if isinstance(value, (tuple, list)):
            parts = [self._in_option(part) for part in value]
            if all(part is None for part in parts):
                return None
            return tuple(
                Slot(self._new(v)) if p is None else p for p, v in zip(parts, value, strict=True)
            )
        if isinstance(value, Traced):
            value = value._data
        if isinstance(value, np.ndarray) and self.slots.get(id(value)) in self.made:
            return Slot(self.slots[id(value)])
        return None

    def _own(self, part: Any) -> Any:
        """A result as an array object that no other slot has."""
        if isinstance(part, np.generic):
            return np.asarray(part)
        return part.view() if isinstance(part, np.ndarray) and id(part) in self.slots else part

    def _made(self, part: Any) -> int:
        slot = self._new(part)
        self.made.add(slot)
        return slot

    def _check_captured(self, slots: tuple[int, ...], traced: Sequence[bool]) -> None:
        if any(flag and slot not in self.made for slot, flag in zip(slots, traced, strict=True)):
            self.give_up("it captures a traced array instead of taking it as an argument")

    def is_constant(self, slot: int) -> bool:
        """Whether a slot holds what no input leads to."""
        return slot not in self.made

    def give_up(self, reason: str) -> None:
        """There will be no plan."""
        self.reason = self.reason or reason


class Plan:
    """What a recorder saw, for outputs in these slots."""

    def __init__(self, recorder: Recorder, outputs: Sequence[int]) -> None:
        self.outputs = tuple(outputs)
        calls, constant = _needed(recorder, outputs)
        used = {slot for call in calls for slot in _reads(call)} | set(outputs)
        self._constants = {
            slot: value
            for slot, value in enumerate(recorder.values)
            if slot in constant and slot in used
        }
        self._calls = calls
        self.ours = not any(call.operator.of_user for call in calls)  # no code of users in it
        self._unused = _unused_after(calls, self.outputs, constant)
        self._text = PlanText(calls, recorder.values, self.outputs, recorder.n_inputs)
        self._code = compile(self._text.text, "<plan>", "exec")
        self.run: Callable[..., tuple[Array, ...]] = self._function()

    def __len__(self) -> int:
        return len(self._calls)

    def with_draws(self, inputs: Sequence[Array], draws: Sequence[Any]) -> tuple[Array, ...]:
        """The outputs, with these as the results of the operators that draw, one after the
        other.
        """
        drawn = iter(draws)
        return self._function(lambda *_arguments, **_options: next(drawn))(*inputs)

    def _function(self, draw: Callable[..., Any] | None = None) -> Callable[..., Any]:
        """The compiled function; with ``draw`` in place of the operators that draw."""
        names: dict[str, Any] = {f"v{slot}": value for slot, value in self._constants.items()}
        names.update(self._text.options)
        for number, function in self._text.functions.items():
            drawn = draw is not None and not self._calls[number].operator.pure
            names[f"f{number}"] = draw if drawn else function
        exec(self._code, names)
        return names["run"]

    def traced(self, inputs: Sequence[Any], draws: Sequence[Any] | None = None) -> list[Any]:
        """The outputs for inputs of which some are `Traced` on the open tape: so are the results of
        the calls that were when the plan was recorded.
        """
        drawn = iter(draws or ())
        values = {**self._constants, **dict(enumerate(inputs))}
        for call, dead in zip(self._calls, self._unused, strict=True):
            flags = call.traced or (False,) * len(call.arguments)
            arguments = [
                values[slot] if flag else _plain(values[slot])
                for slot, flag in zip(call.arguments, flags, strict=True)
            ]
            options = _options(call, values)
            if draws is not None and not call.operator.pure:
                values[call.result] = next(drawn)
                continue
            if call.traced is None:
                found = call.operator.forward(*arguments, **options)
                values[call.result] = found[0] if call.several else found
            else:
                value = values[call.result] = call.operator(*arguments, **options)
                node = value.node if isinstance(value, Traced) else None
                found = node.result if call.several and node is not None else ()
            for place, slot in call.residuals:
                values[slot] = found[place] if found else None
            for slot in dead:
                values[slot] = None
        return [values[slot] for slot in self.outputs]


def _plain(value: Any) -> Any:
    return value._data if isinstance(value, Traced) else value


def _needed(recorder: Recorder, outputs: Sequence[int]) -> tuple[list[Call], set[int]]:
    """The calls that lead to an output or draw, less those that only constants lead to; and the
    slots that are constant.
    """
    varying = set(range(recorder.n_inputs))
    for call in recorder.calls:
        if not call.operator.pure or call.traced or not varying.isdisjoint(_reads(call)):
            varying.update(_writes(call))
    wanted = set(outputs)
    kept = []
    for call in reversed(recorder.calls):
        if call.result not in varying:
            continue
        if not call.operator.pure or not wanted.isdisjoint(_writes(call)):
            wanted.update(_reads(call))
            kept.append(call)
    kept.reverse()
    return kept, set(range(len(recorder.values))) - varying


def _reads(call: Call) -> list[int]:
    return [*call.arguments, *_numbers(call.arrays_in_options.values())]


def _numbers(parts: Any) -> list[int]:
    """The numbers of the slots in nested tuples."""
    found: list[int] = []
    for part in parts:
        found += [part.number] if isinstance(part, Slot) else _numbers(part)
    return found


def _writes(call: Call) -> list[int]:
    return list(call.slots)


def _unused_after(
    calls: Sequence[Call], outputs: Sequence[int], constant: set[int]
) -> list[tuple[int, ...]]:
    """For each call the slots that nothing reads afterwards."""
    last: dict[int, int] = {}
    for number, call in enumerate(calls):
        for slot in (*_reads(call), *_writes(call)):
            last[slot] = number
    rows: list[list[int]] = [[] for _ in calls]
    for slot, number in last.items():
        if slot not in outputs and slot not in constant:
            rows[number].append(slot)
    return [tuple(row) for row in rows]


def _options(call: Call, values: dict[int, Any]) -> dict[str, Any]:
    """The options with the arrays that they have now."""
    if not call.arrays_in_options:
        return call.options
    new = {name: _filled(part, values) for name, part in call.arrays_in_options.items()}
    return {**call.options, **new}


def _filled(part: Any, values: dict[int, Any]) -> Any:
    if isinstance(part, Slot):
        return _plain(values[part.number])
    return tuple(_filled(p, values) for p in part)
