"""The command `demo`."""

from __future__ import annotations

import re

import pytest

import dlarray as dl
from dlarray.cli import commands, main
from tests.cli.command_line import CLASSES, PNG, command, table_rows


def test_demo_shows_table_confusion_and_accuracy(capsys):
    assert main(["demo", "--epochs", "1"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "ValidationLoss" in out
    assert table_rows(out)[-1][:2] == ["6", "1"]
    assert re.search(r"^ +sawtooth +sine +square +triangle$", out, re.M)
    for name in CLASSES:
        assert re.search(rf"^ +{name}( +\d+){{4}}$", out, re.M)
    accuracy = re.search(r"Test accuracy: (\d+\.\d\d) % \((\d+) of 100\)", out)
    assert accuracy
    assert float(accuracy[1]) == float(accuracy[2])


def test_demo_in_a_process_of_its_own(tmp_path):
    pytest.importorskip("matplotlib")
    done = command("demo", "--epochs", "1", "--quiet", "--plot", str(tmp_path / "demo.png"))
    assert done.returncode == 0
    assert done.stderr == b""
    assert b"Iteration" not in done.stdout
    assert b"Test accuracy" in done.stdout
    assert (tmp_path / "demo.png").read_bytes().startswith(PNG)


def test_demo_repeats_by_its_seed(capsys, monkeypatch):
    X, T = dl.datasets.waveform(40)
    monkeypatch.setattr(commands, "waveform", lambda: (X, T))
    losses = []
    for seed in ("1", "1", "2"):
        assert main(["demo", "--epochs", "2", "--seed", seed]) == 0
        losses.append([row[4:] for row in table_rows(capsys.readouterr().out)])
    assert losses[0] == losses[1] != losses[2]
