"""`dlnetwork`: layers, their connections, and tables of their parameters."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .. import _calls, _console
from ..array import Same
from ..formats import networkDataLayout
from ..layers import Layer, LayerArray, Learnable, State
from ..layers.display import line_text
from . import graph, run
from .schedule import Schedules
from .setup import initialized_layers, input_layouts
from .table import ParameterTable, Table


@dataclass(frozen=True)
class Usage:
    """What using a network needs beside its layers, kept with it and in its file: None where nobody
    said.
    """

    ClassNames: tuple[str, ...] | tuple[int, ...] | None = None
    InputDataFormats: str | None = None
    SequencePaddingDirection: str | None = None
    SequencePaddingValue: float | None = None


class dlnetwork:
    """A network of layers.

    Parameters
    ----------
    layers : a list of layers, connected in series.  The network keeps copies; unnamed ones get
        names.
    *inputs : dlarrays or `networkDataLayout` for networks without an input layer, to initialize
    from.
    Initialize : False leaves parameters unset until `initialize` or `trainnet`.

    A network is a value: functions that change it return a new one, and parameter arrays are
    shared.  `Learnables` and `State` can be assigned, whole or one `Value`.

    Examples
    --------
    >>> convolution = convolution1dLayer(5, 8, Padding="causal")
    >>> net = dlnetwork([sequenceInputLayer(3), convolution, reluLayer()])
    >>> [layer.Name for layer in net.Layers], len(net.Learnables)
    (['sequenceinput', 'conv1d', 'relu'], 2)
    """

    _same: tuple[Same, Same] | None = None  # the layers and the plan, for signatures

    @_calls.explained
    def __init__(
        self, layers: Sequence[Layer] | Layer = (), *inputs: Any, Initialize: bool = True
    ) -> None:
        if not isinstance(layers, (Layer, list, tuple)):
            raise TypeError(
                f"dlnetwork: layers must be a list of layers; got {type(layers).__name__}."
            )
        listed = [layers] if isinstance(layers, Layer) else list(layers)
        for i, layer in enumerate(listed):
            if not isinstance(layer, Layer):
                raise TypeError(
                    f"dlnetwork: element {i + 1} of the layers is {type(layer).__name__}, not a "
                    "layer."
                )
        self._layers = graph.named(listed)
        self.connect(graph.in_series(self._layers))
        self._learnables = _table(self._layers, Learnable)
        self._state = _table(self._layers, State)
        self.Usage = Usage()
        self._detach()
        if Initialize and listed and (inputs or not run.missing_layouts(self)):
            _initialize(self, inputs)

    def connect(self, connections: Sequence[graph.Connection]) -> None:
        """Set the connections, (source, destination) pairs; for those who make networks."""
        self._plan = graph.plan(self._layers, connections)
        self._schedules = Schedules(self._layers, self._plan)
        self._connections = list(connections)

    def _place(self, layers: Sequence[Layer]) -> None:
        """Put copies of layers in the places of its own."""
        self._layers = [layer.copy() for layer in layers]
        self._schedules = Schedules(self._layers, self._plan)
        self._detach()

    def _detach(self) -> None:
        """Parameters live in the tables, not in the layers."""
        for layer in self._layers:
            for kind in (Learnable, State):
                for name, _ in type(layer).declared(kind):
                    layer.__dict__.pop(name, None)

    # -- properties -------------------------------------------------------------------------------

    @property
    def Layers(self) -> LayerArray:
        """The layers, with the parameters that they have now; changing them changes nothing in the
        network.
        """
        return LayerArray(layer.copy().bound(self._values(layer.Name)) for layer in self._layers)

    def _values(self, name: str) -> dict[str, Any]:
        return {
            parameter: value
            for table in (self._learnables, self._state)
            for layer, parameter, value in table.rows()
            if layer == name
        }

    @property
    def Connections(self) -> Table:
        """Columns Source and Destination, "layer" or "layer/port"."""
        return Table(
            {
                "Source": [s for s, _ in self._connections],
                "Destination": [d for _, d in self._connections],
            }
        )

    @property
    def Learnables(self) -> ParameterTable:
        """Columns Layer, Parameter, Value."""
        return self._learnables

    @Learnables.setter
    def Learnables(self, table: ParameterTable) -> None:
        self._learnables = _checked(self._learnables, table, "Learnables")

    @property
    def State(self) -> ParameterTable:
        """Columns Layer, Parameter, Value."""
        return self._state

    @State.setter
    def State(self, table: ParameterTable) -> None:
        self._state = _checked(self._state, table, "State", sizes=False)

    def inputLayout(self, name: str) -> networkDataLayout | None:
        """The layout that the input layer of this name takes; None if there is none."""
        return next((layer.inputLayout() for layer in self._layers if layer.Name == name), None)

    @property
    def InputNames(self) -> list[str]:
        return [name for name, _ in self._plan.input_slots]

    @property
    def OutputNames(self) -> list[str]:
        return list(self._plan.outputs)

    @property
    def Initialized(self) -> bool:
        """Whether every parameter has a value."""
        return bool(self._layers) and all(value is not None for value in self._learnables.Value)

    # -- functions as methods ---------------------------------------------------------------------

    def initialize(self, *inputs: Any) -> dlnetwork:
        """See `dlarray.initialize`."""
        return initialize(self, *inputs)

    def predict(self, *inputs: Any, **options: Any) -> Any:
        """See `dlarray.predict`."""
        return run.predict(self, *inputs, **options)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """See `dlarray.forward`."""
        return run.forward(self, *inputs, **options)

    def resetState(self) -> dlnetwork:
        """See `dlarray.resetState`."""
        return resetState(self)

    def summary(self) -> None:
        """See `dlarray.summary`."""
        summary(self)

    # -- containers of arrays ---------------------------------------------------------------------

    def map_arrays(self, function: Callable[[Any], Any]) -> dlnetwork:
        """A network with a function applied to every learnable; state is constant."""
        return self.with_learnables(self._learnables.map_arrays(function))

    def array_parts(self) -> tuple[Any, list[Any]]:
        """What makes a network the same but for its parameters, and these: learnables and state."""
        same = self._same
        if same is None or same[0].value is not self._layers or same[1].value is not self._plan:
            same = self._same = Same(self._layers), Same(self._plan)
        return (same, self.Usage), self._learnables.arrays() + self._state.arrays()

    def with_array_parts(self, parts: Sequence[Any]) -> dlnetwork:
        """The network with other parameters of `array_parts`."""
        net = copy.copy(self)
        n = len(self._learnables)
        net._learnables = self._learnables.replaced(parts[:n])
        net._state = self._state.replaced(parts[n:])
        return net

    def array_names(self) -> list[str]:
        """ "layer/parameter" of every learnable, for messages."""
        return self._learnables.array_names()

    def map_together(
        self, call: str, count: int | None, function: Callable[..., tuple[Any, ...]], *others: Any
    ) -> tuple[Any, ...]:
        """Update functions: the first result is a network, the others are tables."""
        first, *rest = self._learnables.map_together(call, count, function, *others)
        return self.with_learnables(first), *rest

    def _copy(self) -> dlnetwork:
        """A network that shares arrays and layers with this one, but not its tables."""
        net = copy.copy(self)
        net._learnables = self._learnables.replaced(self._learnables.Value)
        net._state = self._state.replaced(self._state.Value)
        return net

    def with_learnables(self, table: ParameterTable) -> dlnetwork:
        """A network with another table of learnables."""
        net = self._copy()
        net._learnables = table
        return net

    def with_layers(self, layers: Sequence[Layer]) -> dlnetwork:
        """A network with other layers of the same names and ports in the places of its own."""
        net = self._copy()
        net._place(layers)
        return net

    def with_usage(self, **values: Any) -> dlnetwork:
        """A network that carries these notes; see `Usage`."""
        net = self._copy()
        net.Usage = replace(self.Usage, **values)
        return net

    def __repr__(self) -> str:
        rows = [
            ("Layers", f"[{len(self._layers)}×1 Layer]"),
            ("Connections", f"[{len(self._connections)}×2 table]"),
            ("Learnables", f"[{len(self._learnables)}×3 table]"),
            ("State", f"[{len(self._state)}×3 table]"),
            ("InputNames", "{" + " ".join(f"'{name}'" for name in self.InputNames) + "}"),
            ("OutputNames", "{" + " ".join(f"'{name}'" for name in self.OutputNames) + "}"),
            ("Initialized", str(int(self.Initialized))),
        ]
        lines = [f"{name:>15}: {value}" for name, value in rows]
        return "\n".join(
            ["", "  dlnetwork with properties:", "", *lines, "", "  View summary with summary.", ""]
        )


def _table(layers: Sequence[Layer], kind: type) -> ParameterTable:
    return ParameterTable(
        [
            (layer.Name, name, getattr(layer, name))
            for layer in layers
            for name, _ in type(layer).declared(kind)
        ]
    )


def _checked(old: ParameterTable, new: Any, what: str, *, sizes: bool = True) -> ParameterTable:
    """A table for assignment: the same rows, arrays of the same sizes."""
    if not isinstance(new, ParameterTable) or not old.same_rows(new):
        raise ValueError(
            f"dlnetwork: {what} must be a table with the same layers and parameters, as net.{what} "
            "gives it."
        )
    if not sizes:
        return new.replaced(new.Value)
    table = old.replaced(old.Value)
    table.Value[:] = new.Value
    return table


def initialize(net: dlnetwork, *inputs: Any) -> dlnetwork:
    """A network whose unset parameters have values; set ones stay.

    Parameters
    ----------
    net : a network.
    *inputs : one formatted dlarray or `networkDataLayout` for each input without input layer, in
        the order of `net.InputNames`.

    Examples
    --------
    >>> net = dlnetwork([convolution1dLayer(3, 4)], Initialize=False)
    >>> initialize(net, networkDataLayout([2, None, 10], "CBT")).Initialized
    True
    """
    run.require_network(net, "initialize")
    result = net._copy()
    _initialize(result, inputs)
    return result


def _initialize(net: dlnetwork, inputs: Sequence[Any]) -> None:
    layouts = input_layouts(net, inputs)
    layers = initialized_layers(net, layouts)
    net._learnables = _merged(net._learnables, _table(layers, Learnable))
    net._state = _merged(net._state, _table(layers, State))
    net._place(layers)


def _merged(old: ParameterTable, new: ParameterTable) -> ParameterTable:
    return old.replaced([n if o is None else o for o, n in zip(old.Value, new.Value, strict=True)])


def resetState(net: dlnetwork) -> dlnetwork:
    """A network whose layers are back in the state they had before any data.

    Examples
    --------
    >>> net = dlnetwork([sequenceInputLayer(3), reluLayer()])
    >>> len(resetState(net).State)
    0
    """
    run.require_network(net, "resetState")
    result = net._copy()
    rows = []
    for layer in net.Layers:
        layer.resetState()
        rows += [
            (layer.Name, name, getattr(layer, name)) for name, _ in type(layer).declared(State)
        ]
    result._state = ParameterTable(rows)
    return result


def summary(net: dlnetwork) -> None:
    """Print whether a network is initialized, its number of learnables and its inputs.

    Examples
    --------
    >>> summary(dlnetwork([sequenceInputLayer(3), convolution1dLayer(5, 8, Padding="same")]))
       Initialized: true
    <BLANKLINE>
       Number of learnables: 128
    <BLANKLINE>
       Inputs:
          1   'sequenceinput'   Sequence input with 3 dimensions
    """
    run.require_network(net, "summary")
    _console.write(summary_text(net))


def summary_text(net: dlnetwork) -> str:
    """What `summary` prints."""
    count = sum(value.size for value in net.Learnables.Value if value is not None)
    amount = (
        f"{count / 1e6:.1f}M"
        if count >= 1e6
        else f"{count / 1e3:.1f}k"
        if count >= 1e3
        else str(count)
    )
    lines = [
        f"   Initialized: {str(net.Initialized).lower()}",
        "",
        f"   Number of learnables: {amount}",
        "",
        "   Inputs:",
    ]
    layers = {layer.Name: layer for layer in net.Layers}
    for i, name in enumerate(net.InputNames):
        layer = layers[name.split("/")[0]]
        what = line_text(layer) if not layer.InputNames else "data for the layer's input"
        lines.append(f"      {i + 1}   '{name}'   {what}")
    return "\n".join(lines)
