"""`saveNetwork` and `loadNetwork`: a network in one safetensors file.

The file holds the parameters as arrays with MATLAB's axes, and in its metadata the layers, the
connections and what using the network needs (class names, layout and padding of the input) as JSON,
with a checksum over both. There is no pickle in it, and loading runs no code from it.  It is
written beside its name, flushed to the disk and renamed, so that under the name there is always a
whole file, the old one or the new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict
from typing import Any

import numpy as np

from ..array import dlarray, wrap
from ..formats import inverse
from ..network import ParameterTable, Usage, dlnetwork
from .encoding import Arrays, decode, decode_layer, encode, encode_layer

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
    file : the path; an existing file is replaced once the new one is whole.

    Raises
    ------
    OSError : the file can't be written; nothing is left under its name but what was there.
    TypeError : a property of a layer that a file can't hold.

    Examples
    --------
    >>> saveNetwork(dlnetwork([sequenceInputLayer(3), reluLayer()]), "net.safetensors")
    """
    if not isinstance(net, dlnetwork):
        raise TypeError(
            f"saveNetwork: the first argument must be a dlnetwork; got {type(net).__name__}."
        )
    content = _encoded(net)
    path = os.fspath(file)
    folder = os.path.dirname(path) or "."
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".saving-")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        temporary = None
        _sync_folder(folder)
    except OSError as error:
        raise type(error)(
            error.errno, f"saveNetwork: can't write: {error.strerror}", path
        ) from None
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: str) -> None:
    """Make the rename itself durable, where folders can be synced."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _encoded(net: dlnetwork) -> bytes:
    from safetensors.numpy import save

    arrays: Arrays = {}
    record = {
        "layers": [encode_layer(layer, arrays) for layer in net._layers],
        "connections": [list(pair) for pair in net._connections],
        "learnables": _encoded_table(net.Learnables, "learnable", arrays),
        "state": _encoded_table(net.State, "state", arrays),
        "usage": encode(asdict(net.Usage), arrays, "usage", "Usage"),
    }
    text = json.dumps(record, sort_keys=True)
    stored = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    metadata = {
        "format": FORMAT,
        "version": str(VERSION),
        "network": text,
        "sha256": _checksum(text, stored),
    }
    return save(stored, metadata)


def _encoded_table(table: ParameterTable, kind: str, arrays: Arrays) -> list[dict[str, Any]]:
    rows = []
    for layer, parameter, value in table.rows():
        row: dict[str, Any] = {"layer": layer, "parameter": parameter, "array": None}
        if value is not None:
            name = f"{kind}/{layer}/{parameter}"
            arrays[name] = value.data
            order = sorted(range(value.ndim), key=lambda axis: -abs(value.data.strides[axis]))
            row |= {"array": name, "format": value.fmt, "order": order}
        rows.append(row)
    return rows


def _checksum(text: str, arrays: Arrays) -> str:
    state = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        state.update(f"{name} {array.dtype.str} {array.shape}".encode())
        state.update(array.tobytes())
    return state.hexdigest()


def loadNetwork(file: Path) -> dlnetwork:
    """The network of a file that `saveNetwork` wrote; its predictions are the same to the last bit.

    Layers of classes that are not defined here load, and raise when they are used.

    Raises
    ------
    CheckpointError : the file is no network of this package, or it is cut or damaged.
    OSError : the file can't be read.
    """
    path = os.fspath(file)
    with open(path, "rb") as stream:
        content = stream.read()
    metadata, arrays = _checked_content(path, content)
    try:
        return _decoded(json.loads(metadata["network"]), arrays)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"loadNetwork: {path} does not describe a network ({error})."
        ) from None


def _checked_content(path: str, content: bytes) -> tuple[dict[str, str], Arrays]:
    """Metadata and arrays of a file, whole and of this format."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        metadata = header.get("__metadata__", {})
    except (SafetensorError, ValueError, KeyError, MemoryError, OverflowError) as error:
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
            f"version {VERSION}. Update dlarray."
        )
    if metadata.get("sha256") != _checksum(metadata["network"], arrays):
        raise CheckpointError(
            f"loadNetwork: {path} is damaged: its checksum does not match its content."
        )
    return metadata, arrays


def _decoded(record: dict[str, Any], arrays: Arrays) -> dlnetwork:
    net = dlnetwork([decode_layer(stored, arrays) for stored in record["layers"]], Initialize=False)
    net._connections = [(source, destination) for source, destination in record["connections"]]
    net._learnables = _decoded_table(record["learnables"], arrays)
    net._state = _decoded_table(record["state"], arrays)
    net.Usage = Usage(**decode(record["usage"], arrays))
    return net


def _decoded_table(rows: list[dict[str, Any]], arrays: Arrays) -> ParameterTable:
    return ParameterTable(
        [(row["layer"], row["parameter"], _decoded_value(row, arrays)) for row in rows]
    )


def _decoded_value(row: dict[str, Any], arrays: Arrays) -> dlarray | None:
    """A parameter, in the memory order that it had."""
    if row["array"] is None:
        return None
    order = tuple(row["order"])
    stored = np.ascontiguousarray(arrays[row["array"]].transpose(order))
    return wrap(stored.transpose(inverse(order)), row["format"])
