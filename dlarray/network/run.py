"""Running a network: `predict` and `forward`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _calls, _checks
from ..array import as_data, described, dlarray, stripdims
from ..formats import FormatError, ShapeError, quoted
from ..layers import Formattable, Layer, State
from .schedule import Turn, naming
from .table import ParameterTable

if TYPE_CHECKING:
    from .network import dlnetwork


@_calls.explained
def predict(
    net: dlnetwork,
    *inputs: Any,
    Outputs: str | Sequence[str] | None = None,
    InputDataFormats: str | Sequence[str] = "auto",
    OutputDataFormats: str = "auto",
    Acceleration: str = "auto",
    nargout: int = 1,
) -> Any:
    """The outputs of a network at inference.

    Parameters
    ----------
    net : an initialized network.
    *inputs : formatted dlarrays; or arrays and unformatted dlarrays, laid out as InputDataFormats
        says: by default time × channels, or time × channels × observations, for a
        `sequenceInputLayer`.
    Outputs : names of layers whose outputs to return instead of the network's.
    nargout : the number of values to return: the outputs, then the state as a table.

    Returns dlarrays for dlarrays.  For arrays it returns arrays: observations × channels, or time ×
    channels × observations for sequences.

    Examples
    --------
    >>> layers = [sequenceInputLayer(3), globalAveragePooling1dLayer(), fullyConnectedLayer(2)]
    >>> net = dlnetwork(layers)
    >>> predict(net, np.ones((10, 3), "f4")).shape
    (1, 2)
    """
    return _call(
        net,
        inputs,
        Outputs,
        InputDataFormats,
        OutputDataFormats,
        Acceleration,
        nargout,
        training=False,
    )


@_calls.explained
def forward(
    net: dlnetwork,
    *inputs: Any,
    Outputs: str | Sequence[str] | None = None,
    InputDataFormats: str | Sequence[str] = "auto",
    OutputDataFormats: str = "auto",
    Acceleration: str = "auto",
    nargout: int = 1,
) -> Any:
    """The outputs of a network in training: dropout drops, normalization uses the mini-batch; see
    `predict`.

    The network is not changed; with ``nargout`` one above the number of outputs the new state comes
    too.

    Examples
    --------
    >>> net = dlnetwork([sequenceInputLayer(3), dropoutLayer(0.5)])
    >>> Y = forward(net, dlarray(np.ones((3, 100)), "CT"))
    >>> sorted(set(Y.data.ravel().tolist()))
    [0.0, 2.0]
    """
    return _call(
        net,
        inputs,
        Outputs,
        InputDataFormats,
        OutputDataFormats,
        Acceleration,
        nargout,
        training=True,
    )


def _call(
    net: dlnetwork,
    inputs: Sequence[Any],
    outputs: str | Sequence[str] | None,
    formats: str | Sequence[str],
    output_formats: str,
    acceleration: str,
    nargout: int,
    *,
    training: bool,
) -> Any:
    call = "forward" if training else "predict"
    require_network(net, call)
    _checks.choice(call, "OutputDataFormats", output_formats, ("auto",))
    _checks.choice(call, "Acceleration", acceleration, ("auto", "none"), ("mex",))
    wanted = output_names(net, outputs)
    _checks.nargout(call, nargout, {1, len(wanted), len(wanted) + 1})
    _check_inputs(net, len(inputs))
    if not isinstance(formats, str) and len(formats) != len(inputs):
        raise ValueError(
            f"{call}: InputDataFormats must be one format, or one for each of {len(inputs)} "
            f"inputs; got {len(formats)}."
        )
    numeric = bool(inputs) and not any(isinstance(x, dlarray) for x in inputs)
    data = [labelled_input(net, i, x, formats, call) for i, x in enumerate(inputs)]
    values, state = run(net, data, training=training, outputs=wanted)
    results: list[Any] = [numeric_output(y) if numeric else y for y in values]
    if nargout > len(wanted):
        results.append(state)
    return results[0] if nargout == 1 else tuple(results)


def labelled_input(
    net: dlnetwork, i: int, x: Any, formats: str | Sequence[str], call: str
) -> dlarray:
    """One input as a formatted dlarray."""
    if isinstance(x, dlarray) and x.fmt:
        return x
    fmt = formats if isinstance(formats, str) else formats[i]
    array = x.extractdata() if isinstance(x, dlarray) else as_data(x, call)
    if fmt.lower() == "auto":
        fmt = default_format(net, i, array, call)
    if array.dtype == np.float64:
        array = array.astype(np.float32)
    return dlarray(x if isinstance(x, dlarray) else array, fmt)


def default_format(net: dlnetwork, i: int, array: np.ndarray[Any, Any], call: str) -> str:
    """The layout of unlabelled data for an input layer: time, then its sizes, then observations."""
    name = net.InputNames[i] if i < len(net.InputNames) else ""
    known = net.inputLayout(name)
    if known is None:
        raise FormatError(
            f"{call}: input '{name}' has no input layer, so unlabelled data have no layout. Give a "
            'formatted dlarray, or InputDataFormats, for example "TCB".'
        )
    spatial = known.Format.count("S")
    layout = "TC" if spatial == 0 else "S" * spatial + "CT"
    return layout + "B" if array.ndim > len(layout) else layout


def numeric_output(y: dlarray) -> np.ndarray[Any, Any]:
    """An output as an array: observations × channels, or time × channels × observations."""
    spatial = "S" * y.fmt.count("S")
    order = "T" + spatial + "C" + "B" * y.fmt.count("B") if "T" in y.fmt else "B" + spatial + "C"
    values = stripdims(y, order + "U" * y.fmt.count("U"))._data
    return np.array(values[..., 0] if y.fmt.endswith("U") and values.shape[-1] == 1 else values)


def missing_layouts(net: dlnetwork) -> bool:
    """Whether an input has no input layer."""
    layers = {layer.Name: layer for layer in net._layers}
    return any(layers[name.split("/")[0]].InputNames for name in net.InputNames)


def run(
    net: dlnetwork, inputs: Sequence[dlarray], *, training: bool, outputs: Sequence[str]
) -> tuple[list[dlarray], ParameterTable]:
    """The named outputs and the new state for formatted inputs."""
    if not net.Initialized and len(net._learnables):
        raise ValueError(
            "dlnetwork: the network is not initialized: it has parameters without values. Call "
            "initialize(net, X) or trainnet."
        )
    _check_inputs(net, len(inputs))
    slots = net._plan.input_slots
    values: dict[int, Any] = {slot: x for (_, slot), x in zip(slots, inputs, strict=True)}
    wanted = [_slot(net, name) for name in outputs]
    parameters = _grouped(net)
    states: dict[tuple[str, str], Any] = {}
    method = "forward" if training else "predict"
    for turn in net._schedules.turns(tuple(wanted)):
        arguments = [values[slot] for slot in turn.steps[0].inputs]
        results, new = _taken(net, turn, parameters, arguments, method)
        values.update(zip(turn.steps[-1].outputs, results, strict=True))
        states.update(((turn.layer.Name, name), value) for name, value in new)
        for slot in turn.dead:
            values.pop(slot, None)
    table = net._state
    if states:
        table = table.replaced([states.get((a, b), value) for a, b, value in table.rows()])
    return [values[slot] for slot in wanted], table


_Parameters = dict[str, dict[str, Any]]
_Results = tuple[list[dlarray], list[tuple[str, Any]]]


def _taken(
    net: dlnetwork, turn: Turn, parameters: _Parameters, inputs: list[dlarray], method: str
) -> _Results:
    """The outputs and new states of a turn; an error is that of its layers one by one."""
    bound = turn.layer.bound(parameters.get(turn.layer.Name, {}))
    places = [step.layer + 1 for step in turn.steps]
    place = f"{places[0]} of {len(net._layers)}"
    if len(places) == 1:
        return call_layer(bound, inputs, place, method)
    try:
        return call_layer(bound, inputs, place, method)
    except Exception as error:
        failure = error
    for step in turn.steps:
        layer = net._layers[step.layer]
        bound = layer.bound(parameters.get(layer.Name, {}))
        place = f"{step.layer + 1} of {len(net._layers)}"
        inputs, _ = call_layer(bound, inputs, place, method)
    failure.add_note(f"in layers {places} run as one, which run without error one by one")
    raise failure


def require_network(net: Any, call: str) -> None:
    """Raise unless this is a dlnetwork."""
    from .network import dlnetwork

    if not isinstance(net, dlnetwork):
        raise TypeError(
            f"{call}: the first argument must be a dlnetwork; got {type(net).__name__}. Make one "
            "with dlnetwork(layers)."
        )


def output_names(net: dlnetwork, outputs: str | Sequence[str] | None) -> tuple[str, ...]:
    """The outputs that an option Outputs names: by default the network's."""
    if outputs is None:
        return net._plan.outputs
    return (outputs,) if isinstance(outputs, str) else tuple(outputs)


def _check_inputs(net: dlnetwork, count: int) -> None:
    if not net._layers:
        raise ValueError("dlnetwork: the network has no layers. Make it from a list of layers.")
    if count != len(net._plan.input_slots):
        raise ValueError(
            f"dlnetwork: the network has {len(net.InputNames)} inputs, {net.InputNames}; got "
            f"{count}."
        )


def _grouped(net: dlnetwork) -> dict[str, dict[str, Any]]:
    groups: dict[str, dict[str, Any]] = {}
    for table in (net._learnables, net._state):
        for layer, parameter, value in table.rows():
            groups.setdefault(layer, {})[parameter] = value
    return groups


def _slot(net: dlnetwork, name: str) -> int:
    slots = net._plan.slots
    for port in (name, f"{name}/out"):
        if port in slots:
            return slots[port]
    raise ValueError(
        f"dlnetwork: there is no output '{name}'; outputs are "
        f"{[s.removesuffix('/out') for s in slots]}."
    )


def call_layer(
    layer: Layer, inputs: Sequence[dlarray], place: str, method: str
) -> tuple[list[dlarray], list[tuple[str, Any]]]:
    """The outputs of a bound layer's method (forward, predict, propagate) and its new states by
    name.
    """
    formattable = isinstance(layer, Formattable)
    arguments = list(inputs) if formattable else [stripdims(x) for x in inputs]
    with naming(layer, place, method):
        result = getattr(layer, method)(*arguments)
        values = list(result) if isinstance(result, tuple) else [result]
        states = [name for name, _ in type(layer).declared(State)]
        if len(values) != layer.NumOutputs + len(states):
            raise ValueError(
                f"{layer.call}: {method} must return {layer.NumOutputs} outputs and {len(states)} "
                f"states; it returned {len(values)} "
                "values."
            )
        outputs = [
            _labelled(layer, y, inputs[0] if inputs else None) for y in values[: layer.NumOutputs]
        ]
    return outputs, list(zip(states, values[layer.NumOutputs :], strict=True))


def _labelled(layer: Layer, y: Any, x: dlarray | None) -> dlarray:
    """A layer's output with labels: its own, or those of the input for layers that are not
    Formattable.
    """
    if not isinstance(y, dlarray):
        raise TypeError(f"{layer.call}: outputs must be dlarrays; got {type(y).__name__}.")
    if isinstance(layer, Formattable):
        if not y.fmt:
            raise FormatError(
                f"{layer.call}: a Formattable layer must return formatted dlarrays; got "
                f"{described(y)}."
            )
        return y
    fmt = x.fmt if x is not None else ""
    if y.fmt or y.ndim == len(fmt):
        return y if y.fmt else dlarray(y, fmt)
    if "T" in fmt and y.ndim == len(fmt) - 1:
        return dlarray(y, fmt.replace("T", ""))
    raise ShapeError(
        f"{layer.call}: the output has {y.ndim} dimensions, {described(y)}, the input {len(fmt)}, "
        f"{quoted(fmt)}. A layer that "
        "changes dimensions must inherit from Formattable and return formatted dlarrays."
    )
