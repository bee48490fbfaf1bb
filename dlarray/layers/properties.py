"""The properties that a layer class declares: descriptors, in the order in which they print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np

from .. import _calls
from ..array import as_data, dlarray
from ..formats import FormatError, ShapeError, describe

UNSET = object()


def unset(value: Any) -> bool:
    """Whether a value is None or empty, as MATLAB's []."""
    if isinstance(value, (list, tuple)):
        return len(value) == 0
    return value is None or (isinstance(value, np.ndarray) and value.shape in ((0,), (0, 0)))


class Option:
    """A property with a check that returns the value to store.

    ``check(call, name, value)`` normalises a value or raises; ``read_only`` properties are set by
    the constructor and by `Layer.settle`.  ``group`` is where it prints: "hyper", "first" (under
    the name) or "hidden".

    Examples
    --------
    >>> def at_least_zero(call, name, value):
    ...     if value < 0:
    ...         raise ValueError(f"{call}: {name} must be at least 0; got {value}.")
    ...     return value
    >>> class scalingLayer(Layer):
    ...     Factor = Option(at_least_zero, 1)
    >>> layer = scalingLayer()
    >>> layer.Factor = 3
    >>> layer.Factor
    3
    """

    @_calls.explained
    def __init__(
        self,
        check: Callable[[str, str, Any], Any],
        default: Any = UNSET,
        *,
        read_only: bool = False,
        group: str = "hyper",
    ) -> None:
        self.check, self.default, self.read_only, self.group = check, default, read_only, group

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, layer: Any, owner: type) -> Any:
        if layer is None:
            return self
        value = layer.__dict__.get(self.name, self.default)
        if value is UNSET:
            raise AttributeError(f"{owner.__name__}.{self.name} is not set.")
        return value

    def __set__(self, layer: Any, value: Any) -> None:
        if self.read_only and self.name in layer.__dict__:
            raise AttributeError(
                f"{type(layer).__name__}.{self.name} is read-only: it is set when the layer is "
                "made. Make a new layer."
            )
        layer.__dict__[self.name] = self.check(layer.call, self.name, value)


class Text:
    """A text that every layer has."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, layer: None, owner: type) -> Text: ...

    @overload
    def __get__(self, layer: Any, owner: type) -> str: ...

    def __get__(self, layer: Any, owner: type) -> Text | str:
        return self if layer is None else str(_made(layer, owner, self.name))

    def __set__(self, layer: Any, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError(
                f"{layer.call}: {self.name} must be a text; got {type(value).__name__}."
            )
        layer.__dict__[self.name] = value


class Parameter:
    """A property that a network keeps in a table; None while unset, which may be written [].

    ``size`` gives the expected sizes from the layer, with None or "auto" where any will do.
    """

    kinds = "fcb"  # of NumPy's types, those that it holds

    @_calls.explained
    def __init__(self, *, size: Callable[[Any], Sequence[Any]] | None = None) -> None:
        self.size = size

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, layer: Any, owner: type) -> Any:
        return self if layer is None else layer.__dict__.get(self.name)

    def __set__(self, layer: Any, value: Any) -> None:
        layer.__dict__[self.name] = None if unset(value) else self.checked(layer, value)

    def checked(self, layer: Any, value: Any) -> dlarray:
        """The value as a dlarray, its size checked against what the layer knows."""
        array = value
        if not isinstance(value, dlarray):
            array = dlarray(as_data(value, f"{layer.call}: {self.name}"))
        kind = array.dtype.kind
        if kind not in self.kinds:
            rule = "single, double or complex" if "c" in self.kinds else "single or double"
            word = "logical. Convert it to single or double"
            raise TypeError(
                f"{layer.call}: {self.name} must be {rule}; got {describe(array.shape, array.fmt)} "
                f"{word if kind == 'b' else 'complex. Use real, imag or abs of it'}."
            )
        return array if self.size is None else self._in_size(layer, array, self.size(layer))

    def _in_size(self, layer: Any, array: dlarray, size: Sequence[Any]) -> dlarray:
        """An array of this size, a vector without labels laid as it must."""
        wanted = [None if n == "auto" else n for n in size]
        vector = sum(n != 1 for n in wanted) <= 1 and array.size == max(array.shape, default=1)
        if array.fmt:
            sizes = array.shape
        elif vector:
            sizes = tuple(1 if n == 1 else array.size for n in wanted)
        else:
            sizes = array.shape + (1,) * (len(wanted) - array.ndim)
        if len(sizes) != len(wanted) or any(
            w is not None and n != w for n, w in zip(sizes, wanted, strict=True)
        ):
            raise ShapeError(
                f"{layer.call}: {self.name} must have size {describe(wanted)}; got "
                f"{describe(array.shape, array.fmt)}."
            )
        return array if array.shape == sizes else dlarray(array.extractdata().reshape(sizes))


class Learnable(Parameter):
    """A parameter that training changes, with its factors of the global learn rate and L2
    regularization.

    Examples
    --------
    >>> class biasLayer(Layer):
    ...     Bias = Learnable(L2Factor=0)
    >>> layer = biasLayer()
    >>> layer.Bias is None, layer.factor("Bias", "L2Factor")
    (True, 0.0)
    """

    kinds = "fc"

    @_calls.explained
    def __init__(
        self,
        *,
        LearnRateFactor: float = 1,
        L2Factor: float = 1,
        size: Callable[[Any], Sequence[Any]] | None = None,
    ) -> None:
        super().__init__(size=size)
        self.factors = {"LearnRateFactor": float(LearnRateFactor), "L2Factor": float(L2Factor)}


class RealLearnable(Learnable):
    """A learnable of real numbers whose axes have their meaning by position.

    With ``channels`` it has one number a channel, and may come with the label C.
    """

    kinds = "f"

    def __init__(self, *, channels: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.channels = channels

    def checked(self, layer: Any, value: Any) -> dlarray:
        if not isinstance(value, dlarray) or not value.fmt:
            return super().checked(layer, value)
        if self.channels and value.fmt in ("C", "CU") and value.size == value.shape[0]:
            return super().checked(layer, value.stripdims())
        assert self.size is not None
        size = "×".join("?" if n == "auto" else str(n) for n in self.size(layer))
        rule = "or have the label C alone" if self.channels else f"of size {size}"
        raise FormatError(
            f"{layer.call}: {self.name} must be unformatted, {rule}; got "
            f"{describe(value.shape, value.fmt)}. Use stripdims."
        )


class State(Parameter):
    """A value that a call returns anew and the next call receives.

    Examples
    --------
    >>> class counterLayer(Layer):
    ...     Count = State()
    ...     def initialize(self, layout):
    ...         self.Count = 0.0
    ...     def predict(self, X):
    ...         return X, self.Count + 1
    >>> net = dlnetwork([counterLayer()], networkDataLayout([3, 2], "CB"))
    >>> Y, state = predict(net, dlarray(np.ones((3, 2)), "CB"), nargout=2)
    >>> state.Value[0].item()
    1.0
    """


class Factor:
    """A factor of a `Learnable` under a name of its own, such as WeightLearnRateFactor.

    Examples
    --------
    >>> class biasLayer(Layer):
    ...     Bias = Learnable()
    ...     BiasLearnRateFactor = Factor("Bias", "LearnRateFactor")
    >>> layer = biasLayer()
    >>> layer.BiasLearnRateFactor = 2
    >>> layer.factor("Bias", "LearnRateFactor")
    2.0
    """

    @_calls.explained
    def __init__(self, parameter: str, kind: str) -> None:
        self.parameter, self.kind = parameter, kind

    def __get__(self, layer: Any, owner: type) -> Any:
        return self if layer is None else layer.factor(self.parameter, self.kind)

    def __set__(self, layer: Any, value: Any) -> None:
        layer.setFactor(self.parameter, self.kind, value)


class PortNames:
    """The names of a layer's inputs or outputs, set once: ports named "in", or "in1", "in2", ..."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, layer: Any, owner: type) -> Any:
        if layer is None:
            return self
        return _made(layer, owner, self.name)

    def __set__(self, layer: Any, value: Any) -> None:
        if self.name in layer.__dict__:
            raise AttributeError(read_only_port(layer, self.name))
        listed = isinstance(value, (list, tuple))
        names = list(value) if listed and all(isinstance(n, str) and n for n in value) else None
        if names is None or len(set(names)) != len(names):
            raise ValueError(
                f"{layer.call}: {self.name} must be a list of different texts; got {value!r}."
            )
        layer.__dict__[self.name] = names


def read_only_port(layer: Any, name: str) -> str:
    """The message for what is set by the names of ports."""
    return (
        f"{type(layer).__name__}.{name} is read-only: it is set when the layer is made. A layer "
        "class gives it to super().__init__."
    )


def _made(layer: Any, owner: type, name: str) -> Any:
    """What the constructor of the base class sets."""
    if name not in layer.__dict__:
        raise AttributeError(
            f"{owner.__name__}.{name} is not set: the constructor of the layer must call "
            "super().__init__()."
        )
    return layer.__dict__[name]
