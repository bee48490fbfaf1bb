"""The command `train`."""

from __future__ import annotations

import os
import re

import pytest

import dlarray as dl
from dlarray.cli import main
from tests.cli.command_line import CLASSES, PNG, QUICK, table_rows, write_csv, write_ts


def test_train_tests_and_writes_a_network(files, capsys, tmp_path):
    out = tmp_path / "net"
    assert main(["train", "train.ts", *QUICK, "--out", str(out)]) == 0
    text, err = capsys.readouterr()
    assert err == ""
    assert [row[:2] for row in table_rows(text)] == [["1", "1"], ["2", "2"]]
    assert "Training stopped: Max epochs completed" in text
    assert re.search(r"Test accuracy: \d+\.\d\d % \(\d of 6\)", text)
    assert text.index(f"\nNetwork written to {out}\n") < text.index("Test accuracy")
    net = dl.loadNetwork(out)
    assert net.Usage.ClassNames == tuple(CLASSES)
    assert net.Usage.SequencePaddingDirection == "left"
    assert os.listdir(tmp_path) == ["net"]


@pytest.mark.parametrize(
    ("options", "layer", "name", "value"),
    [
        (["--filters", "4", "6", "5"], 1, "NumFilters", 4),
        (["--filters", "4", "6", "5"], 7, "NumFilters", 5),
        (["--filters", "4", "--filter-size", "3"], 1, "FilterSize", 3),
        (["--filters", "4", "--dropout", "0.25"], 5, "Probability", 0.25),
        (["--filters", "4", "--normalization", "none"], 0, "Normalization", "none"),
        (["--filters", "4"], 0, "Normalization", "zscore"),
        ([], 4, "NumFilters", 64),
    ],
    ids=[
        "filters-first",
        "filters-last",
        "filter-size",
        "dropout",
        "normalization",
        "default-normalization",
        "default-filters",
    ],
)
def test_options_of_the_layers(options, layer, name, value, files, tmp_path):
    out = str(tmp_path / "net")
    assert main(["train", "few.ts", "--epochs", "1", "--quiet", *options, "--out", out]) == 0
    assert getattr(dl.loadNetwork(out).Layers[layer], name) == value


@pytest.mark.parametrize("solver", ["adam", "sgdm"])
@pytest.mark.parametrize("padding", ["left", "right"])
def test_solvers_and_padding(solver, padding, files, tmp_path, capsys):
    options = ["--solver", solver, "--padding", padding, "--rate", "0.02"]
    assert main(["train", "few.ts", *QUICK, *options, "--out", str(tmp_path / "net")]) == 0
    assert {row[3] for row in table_rows(capsys.readouterr().out)} == {"0.02"}
    assert dl.loadNetwork(tmp_path / "net").Usage.SequencePaddingDirection == padding


def test_batch_sets_the_number_of_iterations(files, capsys):
    assert main(["train", "train.ts", *QUICK, "--batch", "10"]) == 0
    assert table_rows(capsys.readouterr().out)[-1][:2] == ["10", "2"]


def test_test_file_is_used_instead_of_a_part(files, capsys):
    assert main(["train", "train.ts", *QUICK, "--test", "few.ts"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"\(\d of 9\)", out)


def test_few_sequences_are_all_trained_on(files, capsys):
    assert main(["train", "few.ts", *QUICK]) == 0
    assert "Test accuracy" not in capsys.readouterr().out


def test_validation_part(files, capsys):
    assert main(["train", "train.ts", *QUICK, "--validation", "0.2"]) == 0
    out = capsys.readouterr().out
    assert "ValidationLoss" in out
    assert table_rows(out)[0][:2] == ["0", "0"]


def test_quiet_train_shows_no_table(files, capsys):
    assert main(["train", "train.ts", *QUICK, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert "Iteration" not in out
    assert "Test accuracy" in out
    assert err == ""


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_figure(suffix, files, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    figure = tmp_path / f"progress.{suffix}"
    assert main(["train", "few.ts", *QUICK, "--plot", str(figure)]) == 0
    assert f"Training progress written to {figure}" in capsys.readouterr().out
    start = {"png": PNG, "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert figure.read_bytes().startswith(start)


def test_training_repeats_by_its_seed(files, tmp_path):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        out = str(tmp_path / name)
        assert main(["train", "train.ts", *QUICK, "--quiet", "--seed", seed, "--out", out]) == 0
    a, b, c = (dl.loadNetwork(tmp_path / name).Learnables for name in "abc")
    assert a == b
    assert a != c


def test_train_on_csv(files, tmp_path, capsys):
    out = str(tmp_path / "net")
    assert main(["train", "train.csv", *QUICK, "--out", out]) == 0
    assert re.search(r"\(\d of 2\)", capsys.readouterr().out)
    assert set(dl.loadNetwork(out).Usage.ClassNames or [""]) <= set(CLASSES)


def test_csv_and_ts_of_the_same_data_give_the_same_network(data, tmp_path):
    X, T = data
    outs = [tmp_path / "1", tmp_path / "2"]
    sources = [write_ts(tmp_path / "x.ts", X, T), write_csv(tmp_path / "x.CSV", X, T)]
    for source, out in zip(sources, outs, strict=True):
        assert main(["train", source, *QUICK, "--quiet", "--out", str(out)]) == 0
    assert dl.loadNetwork(outs[0]).Learnables == dl.loadNetwork(outs[1]).Learnables
