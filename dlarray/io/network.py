"""`saveNetwork` and `loadNetwork`: a network in one safetensors file.

The file holds the parameters as arrays with MATLAB's axes, and in its metadata the layers, the
connections and what using the network needs (class names, layout and padding of the input) as JSON,
with a checksum over both.  There is no pickle in it, and loading runs no code from it.  It is
written beside its name, flushed to the disk and renamed, so that under the name there is always a
whole file, the old one or the new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import numpy as np

from .. import _checks
from ..array import dlarray, wrap
from ..formats import inverse, parse
from ..layers import Learnable, State
from ..network import ParameterTable, Usage, dlnetwork
from ..network.run import require_network
from .encoding import Arrays, UnknownLayer, decode, decode_layer, encode, encode_layer

FORMAT = "dlarray network"
VERSION = 1

Path = str | os.PathLike[str]


class CheckpointError(ValueError):
    """A file that holds no whole network of this package."""


def saveNetwork(net: dlnetwork, file: Path) -> None:
    """Write a network to a safetensors file.

    Parameters
    ----------
    net : a network.
    file : the path; an existing file is replaced once the new one is whole, and keeps its mode.

    Raises
    ------
    OSError : the file can't be written; nothing is left under its name but what was there.
    TypeError : a property of a layer that a file can't hold.

    Examples
    --------
    >>> saveNetwork(dlnetwork([sequenceInputLayer(3), reluLayer()]), "net.safetensors")
    """
    require_network(net, "saveNetwork")
    content = _encoded(net)
    path = _checks.path("saveNetwork", file)
    try:
        _replace(os.path.realpath(path), content)
    except OSError as error:
        text = f"saveNetwork: can't write: {error.strerror}"
        raise type(error)(error.errno, text, path) from None


def _replace(path: str, content: bytes) -> None:
    """Put a file under a name at once, on the disk before it gets the name."""
    folder = os.path.dirname(path)
    temporary = os.path.join(folder, f".saving-{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(temporary, flags, 0o666), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileNotFoundError):
            os.chmod(temporary, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    with suppress(OSError):  # makes the rename durable where folders can be synced
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _encoded(net: dlnetwork) -> bytes:
    from safetensors.numpy import save

    arrays = Arrays()
    record = {
        "layers": [encode_layer(layer, arrays) for layer in net._layers],
        "connections": [list(pair) for pair in net._connections],
        "learnables": _encoded_table(net.Learnables, "learnable", arrays),
        "state": _encoded_table(net.State, "state", arrays),
        "usage": encode(asdict(net.Usage), arrays, "Usage"),
    }
    text = json.dumps(record, sort_keys=True)
    checksum = _checksum(text, arrays)
    metadata = {"format": FORMAT, "version": str(VERSION), "network": text, "sha256": checksum}
    return save(dict(arrays), metadata)


def _encoded_table(table: ParameterTable, kind: str, arrays: Arrays) -> list[dict[str, Any]]:
    rows = []
    for layer, parameter, value in table.rows():
        row: dict[str, Any] = {"layer": layer, "parameter": parameter, "array": None}
        if value is not None:
            name = arrays.add(value._data, f"{kind}/{layer}/{parameter}")
            order = sorted(range(value.ndim), key=lambda axis: -abs(value._data.strides[axis]))
            row |= {"array": name, "format": value.fmt, "order": order}
        rows.append(row)
    return rows


def _checksum(text: str, arrays: dict[str, np.ndarray[Any, Any]]) -> str:
    state = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        state.update(f"{name} {array.dtype.str} {array.shape}".encode())
        state.update(array.tobytes())
    return state.hexdigest()


def loadNetwork(file: Path) -> dlnetwork:
    """The network of a file that `saveNetwork` wrote; it predicts the same to the last bit.

    Layers of classes that are not defined here load, and raise when they are used.

    Raises
    ------
    CheckpointError : the file is no network of this package, or it is cut or damaged.
    OSError : the file can't be read.

    Examples
    --------
    >>> saveNetwork(dlnetwork([sequenceInputLayer(3), reluLayer()]), "net.safetensors")
    >>> loadNetwork("net.safetensors").Layers[1].Name
    'relu'
    """
    path = _checks.path("loadNetwork", file)
    with open(path, "rb") as stream:
        content = stream.read()
    metadata, arrays = _checked_content(path, content)
    try:
        return _decoded(json.loads(metadata["network"]), arrays)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise CheckpointError(
            f"loadNetwork: {path} does not describe a network: {reason}."
        ) from None


def _checked_content(path: str, content: bytes) -> tuple[dict[str, str], Arrays]:
    """Metadata and arrays of a file, whole and of this format."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = Arrays(load(content))
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        metadata = header.get("__metadata__") or {}
    except KeyError as error:
        raise CheckpointError(
            f"loadNetwork: {path} holds numbers of type {error.args[0]}, which saveNetwork does "
            "not "
            "write."
        ) from None
    except (SafetensorError, ValueError, MemoryError, OverflowError) as error:
        raise CheckpointError(
            f"loadNetwork: {path} is not a whole safetensors file: {error}."
        ) from None
    if metadata.get("format") != FORMAT or "network" not in metadata:
        raise CheckpointError(
            f"loadNetwork: {path} is a safetensors file, but not one that saveNetwork wrote."
        )
    if metadata.get("version") != str(VERSION):
        raise CheckpointError(
            f"loadNetwork: {path} has version {metadata.get('version')}, this package reads "
            "version "
            f"{VERSION}. Update dlarray."
        )
    if metadata.get("sha256") != _checksum(metadata["network"], arrays):
        raise CheckpointError(
            f"loadNetwork: {path} is damaged: its checksum does not match its content."
        )
    return metadata, arrays


def _decoded(record: dict[str, Any], arrays: Arrays) -> dlnetwork:
    """The network of a record that describes one: its rows and sizes are those of its layers."""
    layers = [decode_layer(stored, arrays) for stored in record["layers"]]
    net = dlnetwork(layers, Initialize=False)
    net.connect([(str(source), str(destination)) for source, destination in record["connections"]])
    net._learnables = _decoded_table(net, record["learnables"], arrays, Learnable)
    net._state = _decoded_table(net, record["state"], arrays, State)
    net.Usage = Usage(**decode(record["usage"], arrays))
    return net


def _decoded_table(
    net: dlnetwork, rows: list[dict[str, Any]], arrays: Arrays, kind: type
) -> ParameterTable:
    """The parameters of a kind; every row is one that a layer declares, with the size it wants."""
    layers = {layer.Name: layer for layer in net._layers}
    values = [(row["layer"], row["parameter"], _decoded_value(row, arrays)) for row in rows]
    known = [(layer, name) for layer, name, _ in values if _is_known(layers[layer])]
    declared = [(n, name) for n, layer in layers.items() for name, _ in type(layer).declared(kind)]
    if known != declared:
        missing = sorted(set(declared) ^ set(known))
        raise ValueError(f"its parameters are not those of its layers, see {missing[:1]}")
    for layer, name, value in values:
        if value is not None and kind is Learnable and _is_known(layers[layer]):
            getattr(type(layers[layer]), name).checked(layers[layer], value)
    return ParameterTable(values)


def _is_known(layer: Any) -> bool:
    return not isinstance(layer, UnknownLayer)


def _decoded_value(row: dict[str, Any], arrays: Arrays) -> dlarray | None:
    """A parameter, in the memory order that it had."""
    if row["array"] is None:
        return None
    array, order, fmt = arrays[row["array"]], tuple(row["order"]), parse(row["format"])
    if sorted(order) != list(range(array.ndim)) or (fmt and len(fmt) != array.ndim):
        raise ValueError(f"{row['array']} has another number of dimensions than its format")
    return wrap(np.ascontiguousarray(array.transpose(order)).transpose(inverse(order)), fmt)
