"""`saveNetwork` and `loadNetwork`: what travels, what damage is noticed, what survives a crash."""

from __future__ import annotations

import copy
import json
import os
import pickle
import re
import stat
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from safetensors.numpy import load as load_arrays, save as save_arrays

import dlarray as dl
from dlarray.io import network as network_file
from dlarray.io.encoding import LostFunction, UnknownLayer


class heldLayer(dl.Layer):
    """Holds a value and hands its input on."""

    def __init__(self, value=None, *, Name=""):
        super().__init__(Name=Name)
        self.value = value

    def predict(self, X):
        return X


class scaleLayer(dl.Layer, dl.Formattable):
    """A factor for each channel, and a count of calls."""

    Scale = dl.Learnable()
    Count = dl.State()

    def __init__(self, *, Name=""):
        super().__init__(Name=Name)
        self.Count = np.zeros((1, 1), np.float32)

    def initialize(self, layout):
        if self.Scale is None:
            self.Scale = np.full((layout.sizeof("C"), 1), 1.5, np.float32)

    def predict(self, X):
        return X * self.Scale, self.Count + 1


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


def holding(value):
    return dl.dlnetwork([heldLayer(value, Name="holder")])


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


def with_header(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def refuses(path, content=None):
    """Loading this content, or what is there, raises CheckpointError with the path."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(dl.CheckpointError, match=re.escape(str(path))):
        dl.loadNetwork(path)


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The bytes of a small file."""
    path = tmp_path_factory.mktemp("content") / "small.safetensors"
    dl.saveNetwork(small(), path)
    return path.read_bytes()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.safetensors"


# -- round trips


def test_round_trip_gives_the_same_network_and_the_same_bits(tmp_path, rng):
    net = classifier()
    got = round_trip(net, tmp_path)
    assert_same_network(got, net)
    X = dl.dlarray(rng.standard_normal((3, 4, 11)).astype("f4"), "CBT")
    want, found = net.predict(X), got.predict(X)
    assert found.fmt == want.fmt
    assert found.data.tobytes() == want.data.tobytes()


def test_random_layers_draw_the_same_after_a_round_trip(tmp_path, rng):
    net = classifier()
    got = round_trip(net, tmp_path)
    X = dl.dlarray(rng.standard_normal((3, 4, 11)).astype("f4"), "CBT")
    dl.rng(5)
    want = net.forward(X)
    dl.rng(5)
    assert got.forward(X).data.tobytes() == want.data.tobytes()


def test_double_precision_travels(tmp_path):
    net = dl.dlupdate(dl.double, small())
    got = round_trip(net, tmp_path)
    assert {value.dtype for value in got.Learnables.Value} == {np.dtype(np.float64)}
    assert_same_network(got, net)


def test_uninitialized_network(tmp_path):
    net = dl.dlnetwork([dl.sequenceInputLayer(3), dl.fullyConnectedLayer(2)], Initialize=False)
    got = round_trip(net, tmp_path)
    assert not got.Initialized
    assert_same_network(got, net)
    assert got.initialize().Initialized


def test_network_without_layers(tmp_path):
    net = dl.dlnetwork([])
    assert_same_network(round_trip(net, tmp_path), net)


@pytest.mark.parametrize("name", ["größe", "a b", "a.b", "$array", "", "x" * 300], ids=repr)
def test_layer_names(name, tmp_path):
    net = dl.dlnetwork([dl.sequenceInputLayer(2), dl.fullyConnectedLayer(2, Name=name)])
    assert_same_network(round_trip(net, tmp_path), net)


@pytest.mark.parametrize(
    "value",
    [np.inf, -np.inf, np.nan, -0.0, np.float32(1e-42)],
    ids=["inf", "minus-inf", "nan", "minus-zero", "denormal"],
)
def test_special_values_of_parameters(value, tmp_path):
    net = dl.dlnetwork(
        [dl.sequenceInputLayer(1), dl.fullyConnectedLayer(1, Weights=np.full((1, 1), value, "f4"))]
    )
    got = round_trip(net, tmp_path)
    assert got.Learnables.Value[0].data.tobytes() == net.Learnables.Value[0].data.tobytes()


def test_a_second_round_trip_writes_the_same(tmp_path):
    first, second = tmp_path / "1", tmp_path / "2"
    dl.saveNetwork(classifier(Normalization="zerocenter", Mean=[1, 2, 3]), first)
    dl.saveNetwork(dl.loadNetwork(first), second)
    (record, arrays), (again, others) = parts(first.read_bytes()), parts(second.read_bytes())
    assert again == record
    assert_same_value(others, arrays)


@pytest.mark.parametrize("names", [("a", "ß"), (3, 1), None], ids=["text", "int", "none"])
def test_usage_travels(names, tmp_path):
    usage = {
        "ClassNames": names,
        "InputDataFormats": "CTB",
        "SequencePaddingDirection": "left",
        "SequencePaddingValue": -1.5,
    }
    got = round_trip(small().with_usage(**usage), tmp_path)
    assert {name: getattr(got.Usage, name) for name in usage} == usage


def test_what_training_knows_travels(tmp_path):
    X, T = dl.datasets.waveform(8)
    options = dl.trainingOptions(
        "adam", MaxEpochs=1, Verbose=False, SequencePaddingDirection="left"
    )
    layers = [
        dl.sequenceInputLayer(3, Normalization="zscore"),
        dl.globalAveragePooling1dLayer(),
        dl.fullyConnectedLayer(len(dl.categories(T))),
        dl.softmaxLayer(),
    ]
    net = dl.trainnet(X, T, layers, "crossentropy", options)
    got = round_trip(net, tmp_path)
    assert_same_network(got, net)
    assert got.Usage.ClassNames == tuple(dl.categories(T))
    assert got.Usage.SequencePaddingDirection == "left"
    assert got.Layers[0].Mean is not None
    np.testing.assert_array_equal(dl.minibatchpredict(got, X), dl.minibatchpredict(net, X))


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"Normalization": "zscore", "Mean": [1, 2, 3], "StandardDeviation": [1, 0, 2]}, None),
        ({"Normalization": "zerocenter", "Mean": 0.5}, None),
        ({"Normalization": "rescale-symmetric", "Min": [0, 0, 0], "Max": [1, np.inf, 1]}, None),
        ({"Normalization": "rescale-zero-one", "Min": -1, "Max": np.ones((3, 1))}, None),
    ],
    ids=["zscore", "one-mean", "symmetric", "zero-one"],
)
def test_statistics_of_the_input_travel(options, names, tmp_path, rng):
    net = classifier(**options)
    got = round_trip(net, tmp_path)
    assert_same_network(got, net)
    X = dl.dlarray(rng.standard_normal((3, 2, 6)).astype("f4"), "CBT")
    assert got.predict(X).data.tobytes() == net.predict(X).data.tobytes()


def test_memory_order_of_fully_connected_weights_travels(tmp_path):
    net = dl.dlnetwork([dl.sequenceInputLayer(5), dl.fullyConnectedLayer(7)])
    for each in (net, round_trip(net, tmp_path)):
        weights = each.Learnables.Value[0].data
        assert weights.shape == (7, 5)
        assert weights.T.flags.c_contiguous


def test_loaded_parameters_can_not_be_written_through_their_arrays(tmp_path):
    value = round_trip(small(), tmp_path).Learnables.Value[0]
    with pytest.raises(ValueError, match="read-only"):
        value.extractdata()[...] = 0


def test_training_goes_on_with_a_loaded_network(tmp_path):
    X, T = dl.datasets.waveform(8)
    options = dl.trainingOptions("sgdm", MaxEpochs=1, Verbose=False)
    net = dl.trainnet(
        X,
        T,
        [
            dl.sequenceInputLayer(3),
            dl.globalAveragePooling1dLayer(),
            dl.fullyConnectedLayer(len(dl.categories(T))),
            dl.softmaxLayer(),
        ],
        "crossentropy",
        options,
    )
    got = round_trip(net, tmp_path)
    dl.rng(1)
    want = dl.trainnet(X, T, net, "crossentropy", options)
    dl.rng(1)
    assert dl.trainnet(X, T, got, "crossentropy", options).Learnables == want.Learnables


# -- copies and workers


COPIES = {
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_copies_of_a_network(copied, rng):
    net = classifier(Normalization="zerocenter", Mean=[1, 2, 3]).with_usage(ClassNames=("a", "b"))
    got = copied(net)
    assert_same_network(got, net)
    X = dl.dlarray(rng.standard_normal((3, 2, 6)).astype("f4"), "CBT")
    assert got.predict(X).data.tobytes() == net.predict(X).data.tobytes()


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_parameters_of_copies_keep_their_sizes(copied):
    table = copied(small()).Learnables
    with pytest.raises(dl.ShapeError, match="A parameter keeps its size"):
        table.Value[0] = np.zeros((3, 3), "f4")
    table.Value[0] = np.zeros((2, 3), "f4")
    assert isinstance(table.Value[0], dl.dlarray)


def test_a_deep_copy_shares_no_parameter():
    net = small()
    got = copy.deepcopy(net)
    got.Learnables.Value[0] = np.zeros((2, 3), "f4")
    assert net.Learnables.Value[0].data.all()


def test_a_pickled_network_can_be_saved(tmp_path):
    net = classifier()
    assert_same_network(round_trip(pickle.loads(pickle.dumps(net)), tmp_path), net)


WORKERS = """
import multiprocessing, sys
import numpy as np
import dlarray as dl

if __name__ == "__main__":
    net = dl.loadNetwork(sys.argv[1])
    X = [np.full((5, 3), i, "f4") for i in range(2)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        parts = pool.starmap(dl.minibatchpredict, [(net, [x]) for x in X])
    print(all(np.array_equal(p, dl.minibatchpredict(net, [x])) for p, x in zip(parts, X)))
"""


def test_spawned_workers_predict_with_the_network(path, run_python):
    dl.saveNetwork(classifier(), path)
    script = path.parent / "script.py"
    script.write_text(WORKERS)
    code = "import runpy, sys; runpy.run_path(sys.argv[2], run_name='__main__')"
    done = run_python(code, path, script)
    assert done.stdout.split() == ["True"], done.stderr


# -- the file


def test_file_is_safetensors_with_arrays_by_matlab_axes(path):
    net = classifier()
    dl.saveNetwork(net, path)
    arrays = load_arrays(path.read_bytes())
    for layer, parameter, value in net.Learnables.rows():
        np.testing.assert_array_equal(arrays[f"learnable/{layer}/{parameter}"], value.data)
    assert len(arrays) == len(net.Learnables)


def test_metadata_are_json_and_say_what_the_file_is(content):
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert header["__metadata__"]["format"] == "dlarray network"
    assert header["__metadata__"]["version"] == "1"
    assert set(json.loads(header["__metadata__"]["network"])) == {
        "layers",
        "connections",
        "learnables",
        "state",
        "usage",
    }


# -- custom layers and their properties


def test_custom_layer_with_learnables_and_state(tmp_path):
    net = dl.dlnetwork([dl.sequenceInputLayer(2), scaleLayer()])
    X = dl.dlarray(np.ones((2, 3, 4), "f4"), "CBT")
    _, net.State = net.predict(X, nargout=2)
    got = round_trip(net, tmp_path)
    assert_same_network(got, net)
    assert got.State.Value[0].item() == 1
    Y, state = got.predict(X, nargout=2)
    assert Y.data[0, 0, 0] == 1.5
    assert state.Value[0].item() == 2


VALUES = {
    "none": None,
    "logical": True,
    "text": "größe\n\0",
    "int": -(2**80),
    "float": 0.1,
    "nan": float("nan"),
    "inf": float("-inf"),
    "tuple": (1, (2.5, "x"), ()),
    "list": [1, [None, []]],
    "dict": {"a": 1, "": {"b": (1,)}, "$array": "x"},
    "marker": {"$tuple": [1]},
    "array": np.arange(6.0).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "strided": np.arange(12.0).reshape(3, 4)[::2, ::-1],
    "single": np.ones(3, np.float32),
    "half": np.ones(3, np.float16),
    "bytes": np.arange(3, dtype=np.uint8),
    "wide": np.array([2**62, -1]),
    "mask": np.array([True, False]),
    "no-element": np.zeros((0, 3)),
    "scalar": np.array(5.0),
    "big-endian": np.arange(3, dtype=">f4"),
    "arrays": [np.ones(2), {"x": (np.zeros(1),)}],
    "slashes": {"a": {"b": np.ones(2)}, "a/b": np.zeros(2)},
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_values_of_properties(value, tmp_path):
    got = round_trip(holding(value), tmp_path)
    assert_same_value(got.Layers[0].value, value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(np.float64(0.1), 0.1), (np.int8(3), 3), (np.bool_(True), True), (np.str_("x"), "x")],
    ids=["float64", "int8", "bool", "str"],
)
def test_numpy_scalars_become_numbers(value, expected, tmp_path):
    assert_same_value(round_trip(holding(value), tmp_path).Layers[0].value, expected)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(value=JSON_VALUES)
@settings(deadline=None)
def test_any_nested_value_travels(value, tmp_path_factory):
    got = round_trip(holding(value), tmp_path_factory.getbasetemp())
    assert_same_value(got.Layers[0].value, value)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({1, 2}, "set"),
        (b"x", "bytes"),
        (1j, "complex"),
        ({1: 2}, "a dict whose keys are not all text"),
        (np.array(["x"]), "an array of type <U1"),
        (np.array([None]), "an array of type object"),
        (np.ones(1, np.complex64), "an array of type complex64"),
        ([1, {"x": {2}}], "set"),
        (object(), "object"),
    ],
    ids=[
        "set",
        "bytes",
        "complex",
        "int-keys",
        "text-array",
        "object-array",
        "complex-array",
        "inside",
        "object",
    ],
)
def test_values_that_a_file_can_not_hold(value, kind, path):
    path.write_bytes(b"old")
    with pytest.raises(
        TypeError, match=f"saveNetwork: heldLayer 'holder': value is {kind}, which a file can't"
    ):
        dl.saveNetwork(holding(value), path)
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.skipif(np.longdouble is np.float64, reason="long double is double here")
def test_extended_precision_is_refused_by_name(path):
    with pytest.raises(TypeError, match="saveNetwork: heldLayer 'holder': value"):
        dl.saveNetwork(holding(np.ones(2, np.longdouble)), path)


def test_functions_come_back_by_name_and_raise_when_used(tmp_path):
    def ramp(size):
        return np.arange(np.prod(size), dtype="f4").reshape(size)

    net = dl.dlnetwork(
        [dl.sequenceInputLayer(2), dl.fullyConnectedLayer(3, WeightsInitializer=ramp)]
    )
    got = round_trip(net, tmp_path)
    X = np.ones((4, 2), "f4")
    np.testing.assert_array_equal(got.predict(X), net.predict(X))
    lost = got.Layers[1].WeightsInitializer
    assert isinstance(lost, LostFunction)
    with pytest.raises(TypeError, match="The function 'ramp' was not stored in the network's file"):
        lost((3, 2))
    again = round_trip(got, tmp_path)
    assert again.Layers[1].WeightsInitializer.__name__ == "ramp"


def test_lost_function_of_an_uninitialized_layer_raises_at_initialize(tmp_path):
    layers = [dl.sequenceInputLayer(2), dl.fullyConnectedLayer(3, WeightsInitializer=np.ones)]
    got = round_trip(dl.dlnetwork(layers, Initialize=False), tmp_path)
    with pytest.raises(TypeError, match="'ones' was not stored"):
        got.initialize()


def test_lost_normalization_raises_until_it_is_set_again(tmp_path):
    def half(X):
        return X * 0.5

    net = dl.dlnetwork([dl.sequenceInputLayer(2, Normalization=half)])
    got = round_trip(net, tmp_path)
    X = np.ones((4, 2), "f4")
    with pytest.raises(TypeError, match="'half' was not stored"):
        got.predict(X)
    layers = got.Layers
    layers[0].Normalization = half
    np.testing.assert_array_equal(got.with_layers(layers).predict(X), net.predict(X))


def test_unknown_class_loads_and_raises_on_use(path, monkeypatch):
    net = dl.dlnetwork([dl.sequenceInputLayer(2), scaleLayer(Name="mine"), dl.reluLayer()])
    dl.saveNetwork(net, path)
    monkeypatch.delitem(dl.Layer.registry, (__name__, "scaleLayer"))
    got = dl.loadNetwork(path)
    assert isinstance(got.Layers[1], UnknownLayer)
    assert [layer.Name for layer in got.Layers] == ["sequenceinput", "mine", "relu"]
    assert got.Learnables == net.Learnables
    with pytest.raises(TypeError, match="Layer 'mine' is of class scaleLayer, which is not"):
        got.predict(dl.dlarray(np.ones((2, 1, 3), "f4"), "CBT"))
    repr(got.Layers)
    got.summary()


def test_unknown_class_survives_saving_again(tmp_path, monkeypatch):
    net = dl.dlnetwork([dl.sequenceInputLayer(2), scaleLayer(Name="mine"), heldLayer(np.ones(3))])
    first, second = tmp_path / "1", tmp_path / "2"
    dl.saveNetwork(net, first)
    with monkeypatch.context() as missing:
        missing.delitem(dl.Layer.registry, (__name__, "scaleLayer"))
        missing.delitem(dl.Layer.registry, (__name__, "heldLayer"))
        dl.saveNetwork(dl.loadNetwork(first), second)
    assert_same_network(dl.loadNetwork(second), net)


def test_a_class_of_the_user_does_not_replace_a_built_in_one(path, monkeypatch):
    monkeypatch.setattr(dl.Layer, "registry", dict(dl.Layer.registry))
    dl.saveNetwork(dl.dlnetwork([dl.sequenceInputLayer(2), dl.reluLayer()]), path)

    class ReLULayer(dl.Layer):
        def predict(self, X):
            return X

    assert type(dl.loadNetwork(path).Layers[1]) is dl.ReLULayer


# -- damaged and foreign files


def test_files_cut_at_every_length_are_refused(content, path):
    path.write_bytes(content)
    for length in reversed(range(len(content))):
        os.truncate(path, length)
        refuses(path)


def refuses_flipped_bits(path, places_and_bits):
    content = path.read_bytes()
    with open(path, "r+b", buffering=0) as file:
        for place, bit in places_and_bits:
            file.seek(place)
            file.write(bytes([content[place] ^ 1 << bit]))
            refuses(path)
            file.seek(place)
            file.write(content[place : place + 1])
    assert path.read_bytes() == content


def test_every_flipped_bit_is_noticed(content, path):
    path.write_bytes(content)
    refuses_flipped_bits(path, [(i, bit) for i in range(len(content)) for bit in range(8)])


def test_flipped_bits_of_a_larger_file_are_noticed(path, rng):
    dl.saveNetwork(classifier(), path)
    size = path.stat().st_size
    refuses_flipped_bits(path, rng.integers([size, 8], size=(1000, 2)).tolist())


def test_a_flipped_bit_that_loads_is_caught(path):
    dl.saveNetwork(small(), path)
    with pytest.raises(pytest.fail.Exception):
        refuses(path)


@given(data=st.data())
@settings(deadline=None, max_examples=200)
def test_fuzzed_bytes_are_refused(data, content, tmp_path_factory):
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(damaged)))
        stop = data.draw(st.integers(start, min(len(damaged), start + 40)))
        damaged[start:stop] = data.draw(st.binary(max_size=40))
    if bytes(damaged) != content:
        refuses(tmp_path_factory.getbasetemp() / "fuzz", bytes(damaged))


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_garbage_is_refused(tmp_path_factory, garbage):
    refuses(tmp_path_factory.getbasetemp() / "garbage", garbage)


def tensor(shape, offsets, dtype="F32"):
    return {"w": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


FOREIGN = {
    "empty": b"",
    "seven-bytes": b"1234567",
    "zeros": bytes(1000),
    "ones": b"\xff" * 1000,
    "text": b"@problemName x\n@data\n1,2,3\n",
    "pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s.",
    "zip": b"PK\x03\x04" + bytes(60),
    "shape-2**63": with_header(tensor([2**63], [0, 4]), b"1234"),
    "shape-2**64": with_header(tensor([2**64], [0, 4]), b"1234"),
    "shape-wraps": with_header(tensor([2**33, 2**33], [0, 0])),
    "shape-wraps-to-0": with_header(tensor([2**62, 4, 0], [0, 0])),
    "shape-huge-times-0": with_header(tensor([0, 2**62], [0, 0])),
    "shape-negative": with_header(tensor([-1], [0, 4]), b"1234"),
    "offsets-beyond-the-end": with_header(tensor([1], [4, 8]), b"1234"),
    "offsets-huge": with_header(tensor([1], [2**63, 2**63 + 4]), b"1234"),
    "trailing-bytes": with_header(tensor([1], [0, 4]), b"12345"),
    "type-unknown": with_header(tensor([1], [0, 4], "X9"), b"1234"),
    "type-bfloat16": with_header(tensor([2], [0, 4], "BF16"), b"1234"),
    "type-float8": with_header(tensor([4], [0, 4], "F8_E4M3"), b"1234"),
    "header-length-2**63": (2**63).to_bytes(8, "little") + b"{}",
    "header-length-2**40": (2**40).to_bytes(8, "little") + b"{}",
    "header-nested": with_header(b"[" * 100_000),
    "header-list": with_header([]),
    "header-number": with_header(b"3"),
    "header-empty": with_header({}),
    "header-not-utf8": with_header(b'{"__metadata__":{"format":"\xff"}}'),
    "metadata-null": with_header({"__metadata__": None}),
    "metadata-empty": with_header({"__metadata__": {}}),
    "metadata-number": with_header({"__metadata__": {"format": 3}}),
    "metadata-format-only": with_header({"__metadata__": {"format": "dlarray network"}}),
    "other-safetensors": save_arrays({"weight": np.ones((3, 2), "f4")}, {"format": "pt"}),
    "other-without-metadata": save_arrays({"weight": np.ones((3, 2), "f4")}),
}


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_foreign_files_are_refused(foreign, path):
    refuses(path, foreign)


def test_message_of_a_foreign_file_is_one_line(path):
    path.write_bytes(b"garbage garbage garbage")
    with pytest.raises(dl.CheckpointError, match="is not a whole safetensors file") as error:
        dl.loadNetwork(path)
    assert "\n" not in str(error.value)


def test_message_of_another_safetensors_file(path):
    path.write_bytes(FOREIGN["other-safetensors"])
    with pytest.raises(dl.CheckpointError, match="but not one that saveNetwork wrote"):
        dl.loadNetwork(path)


@pytest.mark.parametrize("version", ["2", "0", "", "1.0", "one"], ids=repr)
def test_other_versions_are_refused(version, content, path):
    record, arrays = parts(content)
    path.write_bytes(assembled(record, arrays, version=version))
    with pytest.raises(
        dl.CheckpointError,
        match=rf"net\.safetensors has version {version}, this package reads version 1",
    ):
        dl.loadNetwork(path)


def test_reassembled_file_loads(content, path):
    path.write_bytes(assembled(*parts(content)))
    assert_same_network(dl.loadNetwork(path), small())


@pytest.mark.parametrize("change", ["added", "removed", "renamed", "changed", "reshaped", "cast"])
def test_other_arrays_do_not_match_the_checksum(change, content, path):
    record, arrays = parts(content)
    name = next(iter(arrays))
    first = arrays.pop(name)
    changed = {
        "added": {name: first, "extra": np.ones(2, "f4")},
        "removed": {},
        "renamed": {name + "x": first},
        "changed": {name: first + 1},
        "reshaped": {name: first.reshape(-1)},
        "cast": {name: first.view(np.int32)},
    }[change]
    sum_ = network_file._checksum(json.dumps(record, sort_keys=True), {**arrays, name: first})
    path.write_bytes(assembled(record, {**arrays, **changed}, sha256=sum_))
    with pytest.raises(dl.CheckpointError, match="damaged: its checksum does not match its"):
        dl.loadNetwork(path)


def set_in(*place, to):
    """A change of the record at a place."""

    def change(record):
        for key in place[:-1]:
            record = record[key]
        record[place[-1]] = to

    return change


def drop(*place):
    def change(record):
        for key in place[:-1]:
            record = record[key]
        del record[place[-1]]

    return change


INCONSISTENT = {
    "layers-missing": drop("layers"),
    "layers-number": set_in("layers", to=3),
    "layer-without-properties": drop("layers", 1, "properties"),
    "layer-without-name": drop("layers", 1, "properties", "Name"),
    "layer-names-equal": set_in("layers", 1, "properties", "Name", to="fc"),
    "class-list": set_in("layers", 1, "class", to=[]),
    "ports-added": set_in("layers", 1, "properties", "InputNames", to=["a", "b"]),
    "connection-to-nothing": set_in("connections", 0, to=["sequenceinput", "nothing"]),
    "connection-of-three": set_in("connections", 0, to=["a", "b", "c"]),
    "row-missing": drop("learnables", 1),
    "row-of-another-layer": set_in("learnables", 0, "layer", to="nothing"),
    "row-of-another-parameter": set_in("learnables", 0, "parameter", to="nothing"),
    "array-missing": set_in("learnables", 0, "array", to="nothing"),
    "array-of-another-size": set_in("learnables", 0, "array", to="learnable/fc/Bias"),
    "order-short": set_in("learnables", 0, "order", to=[0]),
    "order-repeated": set_in("learnables", 0, "order", to=[0, 0]),
    "order-fraction": set_in("learnables", 0, "order", to=[0.5, 1]),
    "order-huge": set_in("learnables", 0, "order", to=[2**70, 1]),
    "format-unknown": set_in("learnables", 0, "format", to="QQ"),
    "format-number": set_in("learnables", 0, "format", to=5),
    "usage-list": set_in("usage", to=[]),
    "usage-unknown-name": set_in("usage", "$dict", "Other", to=1),
    "value-unknown-kind": set_in("usage", "$dict", "ClassNames", to={"$object": "x"}),
    "value-of-no-kind": set_in("usage", "$dict", "ClassNames", to={}),
    "value-bad-number": set_in("usage", "$dict", "ClassNames", to={"$float": "x"}),
    "value-array-missing": set_in("usage", "$dict", "ClassNames", to={"$array": "x"}),
}


@pytest.mark.parametrize("change", INCONSISTENT.values(), ids=INCONSISTENT)
def test_inconsistent_content_is_refused(change, content, path):
    record, arrays = parts(content)
    change(record)
    refuses(path, assembled(record, arrays))


@pytest.mark.parametrize("text", ["", "3", "null", "[]", "{", '"x"', "NaN"], ids=repr)
def test_description_that_is_no_network(text, path):
    path.write_bytes(assembled(text, {}))
    with pytest.raises(dl.CheckpointError, match=r"net\.safetensors does not describe a network: "):
        dl.loadNetwork(path)


def test_deeply_nested_description_is_refused(path):
    refuses(path, assembled("[" * 100_000, {}))


@given(data=st.data())
@settings(deadline=None, max_examples=200)
def test_descriptions_with_a_changed_value_load_or_are_refused(data, content, tmp_path_factory):
    record, arrays = parts(content)
    place = record
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, (dict, list)) or not inner or data.draw(st.booleans()):
            break
        place = inner
    place[key] = data.draw(JSON_VALUES)
    path = tmp_path_factory.getbasetemp() / "changed"
    path.write_bytes(assembled(json.dumps(record, default=list), arrays))
    try:
        net = dl.loadNetwork(path)
    except dl.CheckpointError as error:
        assert str(path) in str(error)
    else:
        assert isinstance(net, dl.dlnetwork)


# -- places that can't be written


def test_first_argument_must_be_a_network(path):
    with pytest.raises(TypeError, match="saveNetwork: the first argument must be a dlnetwork; got"):
        dl.saveNetwork([dl.reluLayer()], path)  # type: ignore[arg-type]
    assert not path.exists()


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("missing/net", FileNotFoundError),
        ("file/net", NotADirectoryError),
        ("folder", IsADirectoryError),
        ("n" * 256, OSError),
    ],
    ids=["no-folder", "file-as-folder", "folder-as-file", "name-too-long"],
)
def test_places_that_can_not_be_written(place, error, tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    target = tmp_path / place
    with pytest.raises(error, match="saveNetwork: can't write: ") as caught:
        dl.saveNetwork(small(), target)
    assert caught.value.filename == str(target)
    assert str(target) in str(caught.value)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
    assert (tmp_path / "file").read_bytes() == b"x"
    assert os.listdir(tmp_path / "folder") == []


def test_missing_file_to_load(path):
    with pytest.raises(FileNotFoundError, match=r"net\.safetensors"):
        dl.loadNetwork(path)


WRITE = """
import os, resource, signal, sys
import numpy as np
import dlarray as dl
import dlarray.io, safetensors.numpy

path, prepare = sys.argv[1], sys.argv[2]
weights = np.arange(2.0 * 20_000, dtype="f4").reshape(20_000, 2)
net = dl.dlnetwork([dl.sequenceInputLayer(2), dl.fullyConnectedLayer(20_000, Weights=weights)])
if prepare == "full":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
elif os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    dl.saveNetwork(net, path)
except OSError as error:
    print(type(error).__name__, error.filename == path, path in str(error))
    print(np.array_equal(net.Learnables.Value[0].data, weights))
else:
    print("written")
"""


@pytest.fixture
def open_folder():
    """A folder that every user can reach."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        if not all(parent.stat().st_mode & stat.S_IXOTH for parent in folder.parents):
            pytest.skip(f"{folder} can't be reached by other users")
        yield folder
        folder.chmod(0o755)


posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions and signals")


@posix
def test_full_disk_leaves_the_old_file(path, run_python):
    dl.saveNetwork(small(), path)
    old = path.read_bytes()
    done = run_python(WRITE, path, "full")
    assert done.stdout.split() == ["OSError", "True", "True", "True"], done.stderr
    assert path.read_bytes() == old
    assert os.listdir(path.parent) == [path.name]


@posix
def test_read_only_folder_leaves_the_old_file(open_folder, run_python):
    path = open_folder / "net.safetensors"
    dl.saveNetwork(small(), path)
    old = path.read_bytes()
    open_folder.chmod(0o555)
    done = run_python(WRITE, path, "unprivileged")
    assert done.stdout.split() == ["PermissionError", "True", "True", "True"], done.stderr
    assert path.read_bytes() == old
    assert os.listdir(open_folder) == [path.name]


@posix
def test_folder_that_can_be_written_but_not_listed(open_folder, run_python):
    path = open_folder / "net.safetensors"
    open_folder.chmod(0o333)
    done = run_python(WRITE, path, "unprivileged")
    open_folder.chmod(0o755)
    assert done.stdout.split() == ["written"], done.stderr
    assert os.listdir(open_folder) == [path.name]


KILLED = """
import os, random, signal, sys, time
import numpy as np
import dlarray as dl

def net(value):
    layer = dl.fullyConnectedLayer(100_000, Weights=np.full((100_000, 2), value, "f4"))
    return dl.dlnetwork([dl.sequenceInputLayer(2), layer])

path, one, two = sys.argv[1], net(1), net(2)
dl.saveNetwork(one, path)
start = time.perf_counter()
dl.saveNetwork(two, path)
once = time.perf_counter() - start
random.seed(0)
found = []
for _ in range(20):
    child = os.fork()
    if child == 0:
        try:
            while True:
                dl.saveNetwork(one, path)
                dl.saveNetwork(two, path)
        finally:
            os._exit(1)
    time.sleep(random.uniform(0, 4 * once))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    values = np.unique(dl.loadNetwork(path).Learnables.Value[0].data)
    assert values.tolist() in ([1], [2]), values
    found.append(values[0])
print(len(found))
"""


@posix
def test_a_kill_during_saving_leaves_a_whole_file(path, run_python):
    done = run_python(KILLED, path)
    assert done.stdout.split() == ["20"], done.stderr
    leftovers = [name for name in os.listdir(path.parent) if name != path.name]
    assert leftovers, "no kill came while a file was written"
    assert all(name.startswith(".saving-") for name in leftovers)


# -- paths, modes


NAMES = {
    "space": "my net.safetensors",
    "umlaut": "größe-网络",
    "no-suffix": "net",
    "dots": "a.b.c",
    "hidden": ".net",
    "newline": "a\nb",
    "percent": "%s{}",
    "longest": "n" * 255,
    "not-utf8": os.fsdecode(b"\xff\xfe-net"),
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("kind", [str, Path], ids=["str", "pathlib"])
def test_names_of_files(name, kind, tmp_path):
    path = kind(tmp_path / name)
    try:
        Path(path).write_bytes(b"old")
    except OSError:
        pytest.skip("the file system takes no such name")
    dl.saveNetwork(small(), path)
    assert_same_network(dl.loadNetwork(path), small())
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["longest", "not-utf8"])
def test_errors_name_unusual_paths(name, tmp_path):
    path = tmp_path / NAMES[name]
    with pytest.raises(FileNotFoundError) as error:
        dl.loadNetwork(path)
    assert error.value.filename == str(path)
    refuses(path, b"garbage")
    with pytest.raises(FileNotFoundError) as error:
        dl.saveNetwork(small(), tmp_path / "missing" / NAMES[name])
    assert error.value.filename == str(tmp_path / "missing" / NAMES[name])


@posix
def test_long_paths(tmp_path):
    folder = tmp_path
    while len(str(folder)) < 3700:
        folder /= "d" * 200
    folder.mkdir(parents=True)
    dl.saveNetwork(small(), folder / "net")
    assert_same_network(dl.loadNetwork(folder / "net"), small())


def test_name_without_a_folder_is_in_the_current_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dl.saveNetwork(small(), "net")
    assert os.listdir(tmp_path) == ["net"]
    assert_same_network(dl.loadNetwork("net"), small())


@posix
@pytest.mark.parametrize(
    ("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)], ids=oct
)
def test_mode_follows_the_umask(mask, mode, path):
    before = os.umask(mask)
    try:
        dl.saveNetwork(small(), path)
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


# -- loading runs nothing


IMPORTS = """
import sys
import dlarray as dl
dl.loadNetwork(sys.argv[1])
before = set(sys.modules)
net = dl.loadNetwork(sys.argv[2])
print(*sorted(set(sys.modules) - before))
print(type(net.Layers[1]).__name__)
"""


def test_loading_imports_no_module_and_runs_no_code(content, tmp_path, run_python):
    (tmp_path / "planted.py").write_text("raise SystemExit('planted code ran')\n")
    record, arrays = parts(content)
    for name in ("planted", "antigravity", "os"):
        plain, other = tmp_path / "plain", tmp_path / "other"
        plain.write_bytes(content)
        record["layers"][1] |= {"class": "system", "module": name}
        record["layers"][1]["properties"]["Description"] = {"$function": "os.system"}
        other.write_bytes(assembled(record, arrays))
        paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
        done = run_python(IMPORTS, plain, other, PYTHONPATH=paths)
        assert done.stdout.split() == ["UnknownLayer"], done.stderr
