"""Real data sets from file to trained network, file and labels."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import dlarray as dl
from dlarray.cli import main


def layers(channels, classes, filters=8):
    return [
        dl.sequenceInputLayer(channels, Normalization="zscore"),
        dl.convolution1dLayer(3, filters, Padding="causal"),
        dl.reluLayer(),
        dl.layerNormalizationLayer(),
        dl.globalAveragePooling1dLayer(),
        dl.fullyConnectedLayer(classes),
        dl.softmaxLayer(),
    ]


def trained(X, T, epochs, **options):
    settings = {"MaxEpochs": epochs, "InitialLearnRate": 0.01, "Verbose": False, **options}
    network = layers(X[0].shape[1], len(dl.categories(T)))
    return dl.trainnet(
        X, T, network, "crossentropy", dl.trainingOptions("adam", **settings), nargout=2
    )


@pytest.fixture(params=["JapaneseVowels", "BasicMotions"])
def data_set(request, data_folder):
    """Training and test data of a real set."""
    return [dl.read_ts(data_folder / f"{request.param}_{part}.ts") for part in ("TRAIN", "TEST")]


def test_vowels_pad_to_the_documented_size(data_folder):
    X, _ = dl.read_ts(data_folder / "JapaneseVowels_TRAIN.ts")
    padded, mask = dl.padsequences([x.T for x in X], 1, nargout=2)
    assert padded.shape == mask.shape == (12, 26, 270)
    assert mask.sum() == 12 * sum(len(x) for x in X)


def test_training_lowers_the_loss_and_the_file_keeps_the_network(data_set, tmp_path):
    (X, T), (X_test, T_test) = data_set
    net, info = trained(X, T, 15, MiniBatchSize=20, SequencePaddingDirection="left")
    losses = np.array(info.TrainingHistory.TrainingLoss)
    assert np.isfinite(losses).all()
    assert losses[-5:].mean() < losses[:5].mean()
    assert net.Usage.ClassNames == tuple(dl.categories(T))
    dl.saveNetwork(net, tmp_path / "net")
    loaded = dl.loadNetwork(tmp_path / "net")
    options: dict[str, Any] = {"SequencePaddingDirection": "left"}
    scores = dl.minibatchpredict(net, X_test, **options)
    assert scores.shape == (len(X_test), len(dl.categories(T)))
    np.testing.assert_array_equal(dl.minibatchpredict(loaded, X_test, **options), scores)
    labels = dl.scores2label(scores, dl.categories(T))
    counts = dl.confusionmat(T_test, labels, Order=dl.categories(T))
    assert counts.sum() == len(T_test)
    accuracy = dl.testnet(loaded, X_test, T_test, "accuracy", **options)
    assert accuracy == pytest.approx(100 * np.trace(counts) / len(T_test))


def test_statistics_of_the_input_are_those_of_the_training_data(data_set):
    (X, T), _ = data_set
    net, _ = trained(X, T, 1)
    samples = np.concatenate(X).astype(np.float64)
    layer = net.Layers[0]
    np.testing.assert_allclose(layer.Mean.ravel(), samples.mean(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer.StandardDeviation.ravel(), samples.std(0), rtol=1e-2)


def test_a_row_of_scores_does_not_depend_on_the_others(data_set):
    (X, T), (X_test, _) = data_set
    net, _ = trained(X, T, 1)
    alone = np.concatenate([dl.minibatchpredict(net, [x]) for x in X_test[:5]])
    same_length = [x for x in X_test if len(x) == len(X_test[0])]
    together = dl.minibatchpredict(net, same_length)
    np.testing.assert_allclose(together[0], alone[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["JapaneseVowels", "BasicMotions"])
def test_command_line_on_a_real_set(name, data_folder, tmp_path, capsys):
    train, test = (str(data_folder / f"{name}_{part}.ts") for part in ("TRAIN", "TEST"))
    out, rows = str(tmp_path / "net"), tmp_path / "rows.csv"
    arguments = ["--test", test, "--epochs", "15", "--batch", "27", "--out", out]
    assert main(["train", train, *arguments]) == 0
    first = re.search(r"Test accuracy: .*", capsys.readouterr().out)
    assert first
    assert main(["predict", out, test, "--out", str(rows)]) == 0
    second = re.search(r"Test accuracy: .*", capsys.readouterr().out)
    assert second
    assert second[0] == first[0]
    assert len(rows.read_text().splitlines()) == 1 + len(dl.read_ts(test)[0])
