"""`saveNetwork` and `loadNetwork`: what travels, copies and workers, the file."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest
from safetensors.numpy import load as load_arrays

import dlarray as dl
from tests.io.network_files import (
    assert_same_network,
    assert_same_value,
    classifier,
    parts,
    round_trip,
    small,
)

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
