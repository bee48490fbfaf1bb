"""Networks to save, files to take apart, and what must be the same after loading."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from hypothesis import strategies as st
from safetensors.numpy import load as load_arrays, save as save_arrays

import dlarray as dl
from dlarray.io import network as network_file


def classifier(**options):
    return dl.dlnetwork(
        [
            dl.sequenceInputLayer(3, **options),
            dl.convolution1dLayer(5, 7, Padding="causal", DilationFactor=2, PaddingValue=0.5),
            dl.reluLayer(),
            dl.layerNormalizationLayer(),
            dl.dropoutLayer(0.25, Name="spoil"),
            dl.globalAveragePooling1dLayer(),
            dl.fullyConnectedLayer(2, WeightLearnRateFactor=3),
            dl.softmaxLayer(),
        ]
    )


def small():
    return dl.dlnetwork(
        [
            dl.sequenceInputLayer(3),
            dl.globalAveragePooling1dLayer(),
            dl.fullyConnectedLayer(2, Weights=np.ones((2, 3), "f4"), Bias=np.zeros((2, 1), "f4")),
        ]
    )


def round_trip(net, folder):
    path = folder / "net.safetensors"
    dl.saveNetwork(net, path)
    return dl.loadNetwork(path)


def assert_same_network(got, want):
    assert repr(got) == repr(want)
    assert repr(got.Layers) == repr(want.Layers)
    assert got.Usage == want.Usage
    assert got.Connections.Source == want.Connections.Source
    assert got.Connections.Destination == want.Connections.Destination
    for table, other in ((got.Learnables, want.Learnables), (got.State, want.State)):
        assert table == other
        for value, old in zip(table.Value, other.Value, strict=True):
            if old is not None:
                assert value.data.strides == old.data.strides
                assert value.data.tobytes() == old.data.tobytes()
    for layer, old in zip(got._layers, want._layers, strict=True):
        assert type(layer) is type(old)
        assert_same_value(layer.__dict__, old.__dict__)


def assert_same_value(got, want):
    assert type(got) is type(want)
    if isinstance(want, dict):
        assert got.keys() == want.keys()
        for key in want:
            assert_same_value(got[key], want[key])
    elif isinstance(want, (list, tuple)):
        assert len(got) == len(want)
        for a, b in zip(got, want, strict=True):
            assert_same_value(a, b)
    elif isinstance(want, np.ndarray):
        assert got.shape == want.shape
        assert got.dtype == want.dtype.newbyteorder("=")
        np.testing.assert_array_equal(got, want)
    else:
        assert got == want or (got != got and want != want)  # noqa: PLR0124


def parts(content):
    """The record and the arrays of a file."""
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return json.loads(header["__metadata__"]["network"]), load_arrays(content)


def assembled(record, arrays, **metadata):
    """A file with a right checksum; ``record`` may be text."""
    text = record if isinstance(record, str) else json.dumps(record, sort_keys=True)
    values = {
        "format": network_file.FORMAT,
        "version": str(network_file.VERSION),
        "network": text,
        "sha256": network_file._checksum(text, arrays),
    }
    return save_arrays(arrays, {**values, **metadata})


def refuses(path, content=None):
    """Loading this content, or what is there, raises CheckpointError with the path."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(dl.CheckpointError, match=re.escape(str(path))):
        dl.loadNetwork(path)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
