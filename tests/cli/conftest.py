"""Data, and a folder of the files that the commands read."""

from __future__ import annotations

import pytest

import dlarray as dl
from dlarray.cli import main
from tests.cli.command_line import GERMAN, QUICK, write_csv, write_ts


@pytest.fixture(scope="module")
def data():
    return dl.datasets.waveform(60, seed=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, data):
    """Files that commands read: X, T in several forms, and a network."""
    folder = tmp_path_factory.mktemp("cli")
    X, T = data
    write_ts(folder / "train.ts", X, T)
    write_ts(folder / "few.ts", X[:9], T[:9])
    write_ts(folder / "no-labels.ts", X[:9])
    write_ts(folder / "german.ts", X, [GERMAN[label] for label in T])
    write_ts(folder / "two.ts", [x[:, :2] for x in X[:9]], T[:9])
    write_csv(folder / "train.csv", X[:24], T[:24])
    whole = (folder / "train.ts").read_bytes()
    (folder / "cut.ts").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.ts").write_text("@classLabel true a b\n@data\n")
    (folder / "targets.ts").write_text("@targetLabel true\n@data\n1,2:0.5\n3,4:1.5\n")
    (folder / "stamps.ts").write_text("@timeStamps true\n@data\n(0,1)\n")
    (folder / "latin.ts").write_bytes(b"# \xe4\n@data\n1,2\n")
    assert main(["train", str(folder / "train.ts"), *QUICK, "--out", str(folder / "net")]) == 0
    (folder / "cut-net").write_bytes((folder / "net").read_bytes()[:-1])
    (folder / "garbage").write_bytes(b"garbage" * 100)
    dl.saveNetwork(dl.dlnetwork([dl.sequenceInputLayer(3)]), folder / "no-classes")
    (folder / "sub").mkdir()
    return folder


@pytest.fixture
def files(folder, monkeypatch):
    """The names of files in the folder, which is the current one."""
    monkeypatch.chdir(folder)
    return folder
