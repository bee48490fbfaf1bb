"""The command `predict`."""

from __future__ import annotations

import csv
import io
import re

import numpy as np

import dlarray as dl
from dlarray.cli import main
from tests.cli.command_line import CLASSES, QUICK, write_ts


def test_predict_writes_rows_to_standard_output(files, capsys, data):
    assert main(["predict", "net", "train.ts"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    header, *rows = csv.reader(io.StringIO(out))
    assert header == ["sequence", "label", *(f"score_{name}" for name in CLASSES)]
    assert [row[0] for row in rows] == [str(i) for i in range(60)]
    scores = np.array([row[2:] for row in rows], float)
    assert [row[1] for row in rows] == [CLASSES[i] for i in scores.argmax(1)]
    np.testing.assert_allclose(scores.sum(1), 1, atol=1e-5)
    net = dl.loadNetwork("net")
    direct = dl.minibatchpredict(net, data[0], SequencePaddingDirection="left")
    np.testing.assert_allclose(scores, direct, rtol=1e-5, atol=1e-9)


def test_predict_writes_rows_to_a_file_and_compares_labels(files, capsys, tmp_path):
    out = tmp_path / "rows.csv"
    assert main(["predict", "net", "few.ts"]) == 0
    rows = capsys.readouterr().out
    assert main(["predict", "net", "few.ts", "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert out.read_text(encoding="utf-8") == rows
    assert text.startswith(f"9 labels written to {out}\n")
    assert re.search(r"Test accuracy: \d+\.\d\d % \(\d of 9\)", text)


def test_predict_without_labels(files, capsys, tmp_path):
    out = tmp_path / "rows.csv"
    assert main(["predict", "net", "no-labels.ts", "--out", str(out)]) == 0
    assert "accuracy" not in capsys.readouterr().out
    assert len(out.read_text().splitlines()) == 10


def test_predict_reads_csv(files, capsys):
    assert main(["predict", "net", "train.csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 25


def test_predict_pads_as_in_training(data, tmp_path, capsys):
    X, T = data
    source, out = write_ts(tmp_path / "x.ts", X, T), str(tmp_path / "net")
    assert main(["train", source, *QUICK, "--padding", "right", "--quiet", "--out", out]) == 0
    capsys.readouterr()
    assert main(["predict", out, source, "--batch", "7"]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))[1:]
    direct = dl.minibatchpredict(
        dl.loadNetwork(out), X, MiniBatchSize=7, SequencePaddingDirection="right"
    )
    np.testing.assert_allclose(np.array([row[2:] for row in rows], float), direct, rtol=1e-5)
