"""Functions with their own backward pass: one opaque node on the tape for each call.

What the user's two methods do is not recorded: ``forward`` gets constants and ``backward`` runs
with the tape paused, so neither can be differentiated again.  An operator is made for each class,
so that messages of the tape name the class.

An operator has one value.  Several outputs travel as one: the node's value is their elements in a
row, and each output is a part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .. import _checks, operators
from ..formats import Shape, ShapeError, describe
from ..tape import Array, GradientError, Operator, is_traced, operator
from .core import as_data, described, dlarray, wrap


class DifferentiableFunction:
    """A function of arrays with its own backward pass.

    A subclass defines ``forward(self, *inputs)``, which returns the outputs and then whatever
    ``backward`` needs, the memory; and ``backward(self, *gradients, *memory)``, which takes one
    gradient for each output, then the memory, and returns one gradient for each input.  An object
    of the class is called like a function, also outside `dlfeval`; its outputs are dlarrays.

    Inputs and gradients are untraced: any code may compute with them, for example NumPy on
    `extractdata`.  Dlarrays come with their formats, and a gradient of an output with the format of
    that output.  An input that is no dlarray is a constant.  A gradient is a dlarray or an array of
    the size of its input; None for an input without one; or a function of no arguments that
    computes it, called only if it is asked for.  There is no second derivative.

    Parameters
    ----------
    numOutputs : how many values of ``forward`` are outputs, by default 1; the rest is memory.
    SaveInputsForBackward : give the inputs to ``backward`` too, after the gradients.
    SaveOutputsForBackward : and the outputs, after these.
    NumMemoryValues : how much memory ``forward`` returns, to be checked; None leaves it open.

    A subclass may set these as class attributes, of which the first is NumOutputs, instead.

    Raises
    ------
    ValueError, ShapeError, TypeError : a method returns another number, size or type than it must;
        the message names the class.

    Examples
    --------
    >>> class absoluteValue(deep.DifferentiableFunction):
    ...     def forward(self, X):
    ...         return abs(X), sign(X)
    ...     def backward(self, dY, signs):
    ...         return dY * signs
    >>> fun = absoluteValue()
    >>> fun(dlarray([-3.0, 5.0])).data.ravel()
    array([3., 5.])
    >>> dlfeval(lambda x: dlgradient(sum(fun(x)), x), dlarray([-3.0, 5.0])).data.ravel()
    array([-1.,  1.])
    """

    NumOutputs = 1
    SaveInputsForBackward = False
    SaveOutputsForBackward = False
    NumMemoryValues: int | None = None
    _operators: ClassVar[dict[bool, Operator]] = {}  # by whether inputs are saved

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._operators = {}

    def __init__(
        self,
        numOutputs: int | None = None,
        *,
        SaveInputsForBackward: bool | None = None,
        SaveOutputsForBackward: bool | None = None,
        NumMemoryValues: int | None = None,
    ) -> None:
        name = type(self).__name__
        if numOutputs is not None:
            self.NumOutputs = _checks.integer(name, "numOutputs", numOutputs)
        if SaveInputsForBackward is not None:
            self.SaveInputsForBackward = _checks.logical(
                name, "SaveInputsForBackward", SaveInputsForBackward
            )
        if SaveOutputsForBackward is not None:
            self.SaveOutputsForBackward = _checks.logical(
                name, "SaveOutputsForBackward", SaveOutputsForBackward
            )
        if NumMemoryValues is not None:
            self.NumMemoryValues = _checks.integer(name, "NumMemoryValues", NumMemoryValues, 0)

    def forward(self, *inputs: Any) -> Any:
        """The outputs, then the memory."""
        raise TypeError(f"{type(self).__name__} has no forward method. Define forward(self, X).")

    def backward(self, *gradients_and_memory: Any) -> Any:
        """The gradients of the inputs."""
        raise TypeError(
            f"{type(self).__name__} has no backward method. Define backward(self, dY, *memory)."
        )

    def __call__(self, *inputs: Any) -> Any:
        arrays = [x for x in inputs if isinstance(x, dlarray)]
        places = (x.fmt if isinstance(x, dlarray) else _Constant(x) for x in inputs)
        call = _Call(self, tuple(places))
        value = _operator(type(self), self.SaveInputsForBackward)(*arrays, call=call)
        results = [_part(value, output) for output in call.outputs]
        return results[0] if self.NumOutputs == 1 else tuple(results)


class _Constant(NamedTuple):
    """An input that is no dlarray."""

    value: Any


class _Output(NamedTuple):
    """Where an output lies in the value of its node."""

    fmt: str | None  # None if forward returned an array or a number
    shape: Shape
    dtype: np.dtype[Any]
    start: int | None  # None if it is the value


@dataclass
class _Call:
    """One call: the function, the inputs without the data of dlarrays, the outputs."""

    function: DifferentiableFunction
    inputs: tuple[Any, ...]  # the format of a dlarray, or a constant
    outputs: list[_Output] = field(default_factory=list)

    @property
    def name(self) -> str:
        return type(self.function).__name__

    def arguments(self, arrays: Sequence[Array]) -> list[Any]:
        """The inputs as the user's methods get them."""
        data = iter(arrays)
        return [x.value if isinstance(x, _Constant) else wrap(next(data), x) for x in self.inputs]

    def forward(self, arrays: Sequence[Array]) -> tuple[Any, ...]:
        """The value of the node, and the memory."""
        function = self.function
        result = function.forward(*self.arguments(arrays))
        values = result if isinstance(result, tuple) else (result,)
        count, memory = function.NumOutputs, function.NumMemoryValues
        if len(values) < count or (memory is not None and len(values) != count + memory):
            expected = f"{count} outputs" + (f" and {memory} memory values" if memory else "")
            raise ValueError(
                f"{self.name}: forward must return {expected}; it returned {len(values)} values."
            )
        self._reject_traced(values)
        parts = [self._output(i, y) for i, y in enumerate(values[:count], 1)]
        saved = values if function.SaveOutputsForBackward else values[count:]
        if count == 1:
            self.outputs[:] = [_Output(_format(values[0]), parts[0].shape, parts[0].dtype, None)]
            return parts[0], saved
        stops = np.cumsum([part.size for part in parts])
        self.outputs[:] = [
            _Output(_format(y), part.shape, part.dtype, int(stop) - part.size)
            for y, part, stop in zip(values[:count], parts, stops, strict=True)
        ]
        return np.concatenate([part.reshape(-1, order="F") for part in parts]), saved

    def _reject_traced(self, values: Sequence[Any]) -> None:
        for i, value in enumerate(values, 1):
            if is_traced(value):
                raise GradientError(
                    f"{self.name}: value {i} of forward is traced: forward has used a traced array "
                    "that is no input of the call, and its gradient would be lost. Make it an "
                    "input."
                )

    def _output(self, i: int, y: Any) -> Array:
        """The data of an output."""
        data = _data(y, f"{self.name}: output {i} of forward")
        if data.dtype.kind not in "fc":
            raise TypeError(
                f"{self.name}: output {i} of forward must be single or double; got "
                f"{described(y)} {data.dtype}. Return other values as memory."
            )
        return data

    def backward(self, dy: Any, saved: Sequence[Any], arrays: Sequence[Any]) -> list[Any]:
        """The gradients of the dlarrays among the inputs."""
        function = self.function
        gradients = [_gradient(dy, output) for output in self.outputs]
        inputs = self.arguments(arrays) if function.SaveInputsForBackward else []
        returned = function.backward(*gradients, *inputs, *saved)
        if not isinstance(returned, (tuple, list)):
            returned = (returned,)
        if len(returned) != len(self.inputs):
            raise ValueError(
                f"{self.name}: backward must return one gradient for each of {len(self.inputs)} "
                f"inputs, None for an input without; it returned {len(returned)} values."
            )
        data, results = iter(arrays), []
        for i, (x, gradient) in enumerate(zip(self.inputs, returned, strict=True), 1):
            if not isinstance(x, _Constant):
                results.append(self._checked(i, x, next(data), gradient))
            elif gradient is not None:
                raise TypeError(
                    f"{self.name}: input {i} is {type(x.value).__name__}, not a dlarray, and has "
                    "no gradient. Let backward return None for it."
                )
        return results

    def _checked(self, i: int, fmt: str, x: Any, gradient: Any) -> Any:
        """A gradient of input i as data of its size and type."""
        if gradient is None:
            return None
        if callable(gradient):
            return lambda: self._checked(i, fmt, x, gradient())
        where = f"{self.name}: the gradient of input {i} that backward returned"
        wanted = describe(x.shape, fmt)
        data = _data(gradient, where)
        if data.dtype.kind not in "fc" or (data.dtype.kind == "c" and x.dtype.kind != "c"):
            raise TypeError(
                f"{where} must be {x.dtype}, of size {wanted}; got {described(gradient)} "
                f"{data.dtype}."
            )
        if data.shape != x.shape or (_format(gradient) or fmt) != fmt:
            raise ShapeError(
                f"{where} must have the size of the input.\n  input:    {wanted}\n"
                f"  gradient: {described(gradient)}"
            )
        return data if data.dtype == x.dtype else data.astype(x.dtype)


def _data(y: Any, call: str) -> Array:
    """The values of a dlarray; of an array a copy, because its owner may write to it."""
    return y._data if isinstance(y, dlarray) else np.array(as_data(y, call))


def _format(y: Any) -> str | None:
    return y.fmt if isinstance(y, dlarray) else None


def _part(value: Any, output: _Output) -> dlarray:
    """An output from the value of its node."""
    if output.start is not None:
        stop = output.start + prod(output.shape)
        value = operators.take(value, index=(slice(output.start, stop),))
        value = operators.reshape(value, shape=output.shape)
        if value.dtype != output.dtype:
            value = operators.cast(value, dtype=output.dtype)
    return wrap(value, output.fmt or "")


def _gradient(dy: Array, output: _Output) -> Any:
    """The gradient of an output, as the user's backward gets it."""
    if output.start is not None:
        dy = dy[output.start : output.start + prod(output.shape)]
        dy = dy.reshape(output.shape, order="F")
        dy = (dy if output.dtype.kind == "c" else dy.real).astype(output.dtype)
    return np.array(dy) if output.fmt is None else wrap(dy, output.fmt)


def _operator(cls: type[DifferentiableFunction], keep_inputs: bool) -> Operator:
    """The operator of a class, which keeps the data of the inputs or not."""
    if keep_inputs in cls._operators:
        return cls._operators[keep_inputs]

    def forward(*arrays: Array, call: _Call) -> Any:
        return call.forward(arrays)

    forward.__name__ = cls.__name__
    op = operator(forward)
    op.of_user = True

    def with_inputs(dy: Any, result: Any, *arrays: Any, call: _Call) -> Any:
        return call.backward(dy, result[1], arrays)

    def without(dy: Any, result: Any, *_arrays: Any, call: _Call) -> Any:
        return call.backward(dy, result[1], _arrays)

    op.backward(with_inputs if keep_inputs else without, recordable=False)
    return cls._operators.setdefault(keep_inputs, op)
