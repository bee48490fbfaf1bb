"""The base class of all layers, built-in and the user's own.

A layer class declares its properties as descriptors, in the order in which they print:

    class scaledReluLayer(Layer, Formattable):
        Scale = Learnable(size=lambda layer: (layer.NumChannels, 1))
        NumChannels = Option(channel_count, "auto", read_only=True)

        def __init__(self, *, Name=""):
            super().__init__(Name=Name)

        def initialize(self, layout):
            self.settle(NumChannels=layout.sizeof("C"))
            if self.Scale is None:
                self.Scale = np.ones((self.NumChannels, 1), "f4")

        def predict(self, X):
            return relu(X) * self.Scale

A layer holds configuration.  The values of its `Learnable` and `State` properties move into the
network's tables when the network takes (a copy of) the layer; for a call the network binds a
shallow copy whose properties are the dlarrays of these tables.  ``predict`` is inference,
``forward`` (optional) training; both return the outputs, then one new value for each `State`.
Nothing is written to ``self`` in them.

A layer that can do the work of the layer after it in the same step says so in `fuseWith`.

A class has attributes of its own, unless it is made with ``class name(Layer, closed=True)``, as
those of this package are: then setting a name that is no property raises.

With `Formattable` the inputs and outputs are formatted dlarrays.  Without it they are unformatted,
with dimensions in the order of the data's format.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from .. import _calls, _checks
from ..formats import networkDataLayout
from . import display
from .properties import Learnable, Option, PortNames, Text, read_only_port


class Formattable:
    """Mixin: the layer receives and returns formatted dlarrays.

    Examples
    --------
    >>> class averageOverTime(Layer, Formattable):
    ...     def predict(self, X):
    ...         return mean(X, "T")
    >>> net = dlnetwork([averageOverTime()], networkDataLayout([3, None, 9], "CBT"))
    >>> predict(net, dlarray(np.ones((3, 2, 9)), "CBT")).shape
    (3, 2, 1)
    """


class Acceleratable:
    """Mixin: the layer's predict depends on its inputs and parameters only, so its calls may be
    replayed.

    Examples
    --------
    >>> class double_it(Layer, Acceleratable):
    ...     def predict(self, X):
    ...         return 2 * X
    >>> isinstance(double_it(), Acceleratable)
    True
    """


class Layer:
    """A layer of a network; see the module's text.

    Parameters
    ----------
    Name : its name in a network; "" lets the network name it.
    Description : one line for listings.
    NumInputs, NumOutputs : ports, named "in" or "in1", "in2", ...; "out" or "out1", "out2", ....
    InputNames, OutputNames : other names for the ports; they set the numbers.

    Objects of a class have attributes of their own.  With ``class name(Layer, closed=True)``, and
    for the layers of this package, setting what is no property raises an AttributeError.

    Examples
    --------
    >>> class scaledReluLayer(Layer):
    ...     Scale = Learnable()
    ...     def initialize(self, layout):
    ...         self.Scale = np.ones((1, 1))
    ...     def predict(self, X):
    ...         return relu(X) * self.Scale
    >>> net = dlnetwork([sequenceInputLayer(3), scaledReluLayer(), fullyConnectedLayer(2)])
    >>> net.Layers[1].Name
    'layer'
    """

    Type = ""
    default_name = "layer"
    registry: ClassVar[dict[tuple[str, str], type[Layer]]] = {}  # by module and name
    synonyms: ClassVar[dict[str, str]] = {}  # other layers' options, and this one's of that meaning
    _closed = False

    Name = Text()
    Description = Text()
    InputNames = PortNames()
    OutputNames = PortNames()

    def __init_subclass__(
        cls, *, registered: bool = True, closed: bool = False, **options: Any
    ) -> None:
        super().__init_subclass__(**options)
        cls._closed = closed
        if registered:
            Layer.registry[cls.__module__, cls.__name__] = cls
        if "__init__" in vars(cls):
            cls.__init__ = _calls.explained(cls.__init__)  # type: ignore[method-assign]

    @_calls.explained
    def __init__(
        self,
        *,
        Name: str = "",
        Description: str = "",
        NumInputs: int = 1,
        NumOutputs: int = 1,
        InputNames: Sequence[str] | None = None,
        OutputNames: Sequence[str] | None = None,
    ) -> None:
        if hasattr(type(self), "backward"):
            raise TypeError(
                f"{type(self).__name__}: a backward function of a layer is not available in this "
                "version: gradients come from predict and forward. Remove backward."
            )
        self.Name, self.Description = Name, Description
        inputs = _checks.integer(self.call, "NumInputs", NumInputs, 0)
        outputs = _checks.integer(self.call, "NumOutputs", NumOutputs, 0)
        self.InputNames = _port_names("in", inputs) if InputNames is None else InputNames
        self.OutputNames = _port_names("out", outputs) if OutputNames is None else OutputNames

    # -- what a layer does: these are overridden --------------------------------------------------

    def initialize(self, *layouts: Any) -> None:
        """Set parameters that are unset, from the layouts of the inputs."""

    def predict(self, *inputs: Any) -> Any:
        """The outputs at inference, then the new states."""
        raise TypeError(f"{type(self).__name__} has no predict method. Define predict(self, X).")

    def forward(self, *inputs: Any) -> Any:
        """The outputs in training, then the new states; `predict` unless overridden."""
        return self.predict(*inputs)

    def propagate(self, *inputs: Any) -> Any:
        """The outputs for zeros of the right sizes, from which the network learns those of the next
        layer.
        """
        return self.predict(*inputs)

    def fuseWith(self, next: Layer) -> Layer | None:
        """A layer that does the work of this one and of the layer after it, in one step; or None.

        A network asks when nothing but ``next`` reads this layer's output, and calls the layer that
        it gets, bound to this layer's parameters, in place of the two: with the same values, and
        the states of this layer.  Layers with parameters or states are not offered as ``next``.
        """
        return None

    def resetState(self) -> None:
        """Return states to what they were before any data."""

    def summaryText(self) -> str:
        """The line that describes the layer in a listing."""
        return type(self).__name__

    def hidden_properties(self) -> tuple[str, ...]:
        """Properties that do not print as the layer is now."""
        return ()

    def inputLayout(self) -> networkDataLayout | None:
        """Of an input layer: the layout of the data that it takes; None for other layers."""
        return None

    def resetNormalization(self, sequences: Iterable[Any]) -> None:
        """Compute input statistics from training data, arrays whose last axis is time."""

    def missingStatistics(self) -> tuple[str, ...]:
        """Names of input statistics that are needed and not set."""
        return ()

    # -- properties -------------------------------------------------------------------------------

    @classmethod
    def constructor_name(cls) -> str:
        """The name that messages use: what users call, of the package's own layers a function."""
        if not cls.__module__.startswith(f"{__package__}."):
            return cls.__name__
        name = cls.__name__.replace("1DLayer", "1dLayer").replace("2DLayer", "2dLayer")
        return name[:1].lower() + name[1:]

    @property
    def call(self) -> str:
        """How messages name this layer."""
        name = self.__dict__.get("Name")
        return f"{self.constructor_name()} '{name}'" if name else self.constructor_name()

    @property
    def NumInputs(self) -> int:
        return len(self.InputNames)

    @NumInputs.setter
    def NumInputs(self, value: int) -> None:
        raise AttributeError(read_only_port(self, "NumInputs"))

    @property
    def NumOutputs(self) -> int:
        return len(self.OutputNames)

    @NumOutputs.setter
    def NumOutputs(self, value: int) -> None:
        raise AttributeError(read_only_port(self, "NumOutputs"))

    def __setattr__(self, name: str, value: Any) -> None:
        if self._closed or name in self.synonyms:
            attribute = inspect.getattr_static(type(self), name, None)
            if not hasattr(type(attribute), "__set__"):
                raise AttributeError(self._no_property(name))
        super().__setattr__(name, value)

    def _no_property(self, name: str) -> str:
        """The message for a name that is no property."""
        settable = [
            other
            for other, found in type(self).declared(object)
            if hasattr(type(found), "__set__")
            and not isinstance(found, (property, PortNames))
            and not (isinstance(found, Option) and found.read_only)
            and not other.startswith("_")
        ]
        close = _calls.closest(name, settable)
        hint = self.property_hint(name) or (f" Did you mean {close}?" if close else "")
        return (
            f"{self.call}: {type(self).__name__} has no property {name}.{hint} Properties that can "
            f"be set are {', '.join(settable)}."
        )

    def property_hint(self, name: str) -> str:
        """What to set in place of a name that is no property of this layer, or \"\"."""
        return ""

    @classmethod
    def declared(cls, kind: type) -> Iterator[tuple[str, Any]]:
        """The (name, descriptor) pairs of a kind, base classes first, in the order of
        definition.
        """
        seen = {}
        for base in reversed(cls.__mro__):
            seen.update(
                {name: value for name, value in vars(base).items() if isinstance(value, kind)}
            )
        return iter(seen.items())

    def factor(self, parameter: str, kind: str) -> float:
        """The "LearnRateFactor" or "L2Factor" of a learnable parameter."""
        factors = self._learnable(parameter).factors
        kind = _checks.choice(self.call, f"the factor of {parameter}", kind, list(factors))
        own = self.__dict__.get("_factors", {})
        return float(own.get(f"{parameter}.{kind}", factors[kind]))

    def setFactor(self, parameter: str, kind: str, value: Any) -> None:
        """Set the "LearnRateFactor" or "L2Factor" of a learnable parameter."""
        factors = self._learnable(parameter).factors
        kind = _checks.choice(self.call, f"the factor of {parameter}", kind, list(factors))
        checked = _checks.number(self.call, f"{kind} of {parameter}", value, 0, below=True)
        self.__dict__["_factors"] = {
            **self.__dict__.get("_factors", {}),
            f"{parameter}.{kind}": checked,
        }

    def _learnable(self, parameter: str) -> Learnable:
        learnables: dict[str, Learnable] = dict(type(self).declared(Learnable))
        if parameter not in learnables:
            raise ValueError(
                f"{self.call}: {parameter} is no learnable parameter; there are "
                f"{', '.join(learnables) or 'none'}."
            )
        return learnables[parameter]

    def settle(self, **values: Any) -> None:
        """Set read-only options that were "auto", in `initialize`."""
        self.__dict__.update(values)

    def bound(self, parameters: dict[str, Any]) -> Layer:
        """A shallow copy whose parameters are these arrays, for one call."""
        layer = object.__new__(type(self))
        layer.__dict__.update(self.__dict__)
        layer.__dict__.update(parameters)
        return layer

    def copy(self) -> Layer:
        """A copy that shares no list or dict with this layer."""
        layer = copy.copy(self)
        for name, value in self.__dict__.items():
            if isinstance(value, (list, dict)):
                layer.__dict__[name] = copy.deepcopy(value)
        return layer

    def __repr__(self) -> str:
        return display.layer_text(self)


def _port_names(stem: str, count: int) -> list[str]:
    return [stem] if count == 1 else [f"{stem}{i + 1}" for i in range(count)]
