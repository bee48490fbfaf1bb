"""The examples learn what they should, on generated and on real sequences."""

from __future__ import annotations

import numpy as np
import pytest

import dlarray as dl
from dlarray.examples import (
    sequence_classification_1d_convolutions as waveforms,
    sequence_classification_custom_training_loop as custom_loop,
)


def classifier(channels, classes, size, *, normalization="none", mode="auto"):
    """The network of the sequence classification examples."""
    blocks = []
    for filters in (32, 64):
        convolution = dl.convolution1dLayer(size, filters, Padding="causal")
        blocks += [convolution, dl.reluLayer(), dl.layerNormalizationLayer(OperationDimension=mode)]
    head = [dl.globalAveragePooling1dLayer(), dl.fullyConnectedLayer(classes), dl.softmaxLayer()]
    return [dl.sequenceInputLayer(channels, Normalization=normalization), *blocks, *head]


def accuracies(train, test, layers, options, seeds):
    """Test accuracy in percent after training from each seed."""
    found = []
    for seed in seeds:
        dl.rng(seed)
        net = dl.trainnet(*train, layers, "crossentropy", options)
        size = options.MiniBatchSize
        X, T = test
        found.append(
            dl.testnet(net, X, T, "accuracy", MiniBatchSize=size, SequencePaddingDirection="left")
        )
    return found


def test_waveforms_are_classified(capsys):
    assert waveforms.main(verbose=False) >= 95
    assert "Test accuracy" in capsys.readouterr().out


def test_waveforms_are_classified_by_a_custom_loop(capsys):
    assert custom_loop.main(40) >= 95
    assert "Epoch 40: loss" in capsys.readouterr().out


@pytest.mark.slow
def test_waveforms_are_classified_from_every_seed(capsys):
    found = []
    for seed in range(5):
        dl.rng(seed)
        found.append(waveforms.main(verbose=False))
    assert np.mean(found) >= 97


def test_loss_on_waveforms_falls_by_half_in_a_few_epochs():
    X, T = dl.datasets.waveform(256)
    options = dl.trainingOptions("adam", MaxEpochs=20, InitialLearnRate=0.01, Verbose=False)
    _, info = dl.trainnet(X, T, classifier(3, 4, 5), "crossentropy", options, nargout=2)
    losses = info.TrainingHistory.TrainingLoss
    assert losses[-1] <= 0.5 * losses[0]


def test_japanese_vowels(data_folder):
    train = dl.read_ts(data_folder / "JapaneseVowels_TRAIN.ts")
    test = dl.read_ts(data_folder / "JapaneseVowels_TEST.ts")
    options = dl.trainingOptions(
        "adam",
        MaxEpochs=15,
        InitialLearnRate=0.001,
        MiniBatchSize=27,
        SequencePaddingDirection="left",
        Verbose=False,
    )
    layers = classifier(12, 9, 3, mode="batch-excluded")
    assert np.mean(accuracies(train, test, layers, options, range(5))) >= 95


def test_basic_motions(data_folder):
    train = dl.read_ts(data_folder / "BasicMotions_TRAIN.ts")
    test = dl.read_ts(data_folder / "BasicMotions_TEST.ts")
    options = dl.trainingOptions(
        "adam",
        MaxEpochs=60,
        InitialLearnRate=0.01,
        SequencePaddingDirection="left",
        Verbose=False,
    )
    layers = classifier(6, 4, 5, normalization="zscore")
    assert np.mean(accuracies(train, test, layers, options, range(5))) >= 97
