"""Errors of the commands are one line; wrong arguments; help."""

from __future__ import annotations

import os
import sys

import pytest

import dlarray as dl
from dlarray.cli import commands, main
from tests.cli.command_line import assert_one_error_line, command

ERRORS = {
    "train-missing": (["train", "nothing.ts"], "nothing.ts: No such file or directory"),
    "train-folder": (["train", "."], r"\.: Is a directory"),
    "train-cut": (["train", "cut.ts"], r"cut\.ts, line \d+: .*cut off"),
    "train-no-labels": (["train", "no-labels.ts"], "no-labels.ts: the sequences have no class"),
    "train-targets": (["train", "targets.ts"], "targets.ts: the sequences have no class labels"),
    "train-empty": (["train", "empty.ts"], "empty.ts: there is no sequence in the file"),
    "train-time-stamps": (["train", "stamps.ts"], "stamps.ts, line 1: the file has time stamps"),
    "train-not-utf8": (["train", "latin.ts"], r"latin.ts: not a text file in UTF-8 \(byte 2\)"),
    "train-network": (["train", "net"], "net"),
    "train-csv": (["train", "garbage.csv"], "garbage.csv: No such file"),
    "test-missing": (["train", "train.ts", "--test", "nothing.ts"], "nothing.ts: No such file"),
    "test-no-labels": (["train", "train.ts", "--test", "no-labels.ts"], "no-labels.ts: the seq"),
    "test-channels": (["train", "train.ts", "--test", "two.ts", "--epochs", "1"], "two.ts"),
    "out-folder-missing": (
        ["train", "train.ts", "--out", "nothing/net"],
        "nothing: there is no such folder",
    ),
    "out-is-folder": (["train", "train.ts", "--epochs", "1", "--out", "sub"], "sub: .*irectory"),
    "plot-folder-missing": (
        ["train", "train.ts", "--epochs", "1", "--plot", "nothing/x.png"],
        "nothing",
    ),
    "plot-suffix": (["train", "train.ts", "--epochs", "1", "--plot", "x.doc"], "doc"),
    "validation-large": (
        ["train", "train.ts", "--validation", "0.95"],
        "--validation must be at least 0 and below 0.9; got 0.95",
    ),
    "validation-negative": (["train", "train.ts", "--validation", "-0.1"], "--validation must be"),
    "validation-nan": (["train", "train.ts", "--validation", "nan"], "--validation must be"),
    "rate-0": (["train", "train.ts", "--rate", "0"], "InitialLearnRate must be a number, above 0"),
    "rate-nan": (["train", "train.ts", "--rate", "nan"], "InitialLearnRate must be a number"),
    "dropout-large": (["train", "train.ts", "--dropout", "1.5"], "1.5"),
    "seed-negative": (["train", "train.ts", "--seed", "-1"], "seed must be an integer, at least 0"),
    "demo-seed-negative": (["demo", "--seed", "-1"], "seed must be an integer, at least 0"),
    "demo-plot-folder-missing": (["demo", "--epochs", "1", "--plot", "nothing/x.png"], "nothing"),
    "predict-network-missing": (["predict", "nothing", "train.ts"], "nothing: No such file"),
    "predict-network-garbage": (["predict", "garbage", "train.ts"], "garbage is not a whole"),
    "predict-network-cut": (["predict", "cut-net", "train.ts"], "cut-net is not a whole"),
    "predict-network-data": (["predict", "train.ts", "train.ts"], "train.ts is not a whole"),
    "predict-no-classes": (
        ["predict", "no-classes", "train.ts"],
        "no-classes: the network knows no class names; it was not trained on labels",
    ),
    "predict-missing": (["predict", "net", "nothing.ts"], "nothing.ts: No such file"),
    "predict-cut": (["predict", "net", "cut.ts"], r"cut\.ts, line \d+"),
    "predict-empty": (["predict", "net", "empty.ts"], "empty.ts: there is no sequence"),
    "predict-channels": (["predict", "net", "two.ts"], "Expected 3, got 2"),
    "predict-out": (["predict", "net", "few.ts", "--out", "nothing/x.csv"], "nothing"),
    "predict-out-folder": (["predict", "net", "few.ts", "--out", "."], r"\.: Is a directory"),
}


@pytest.mark.parametrize(("arguments", "text"), ERRORS.values(), ids=ERRORS)
def test_errors_are_one_line_and_come_before_any_work(arguments, text, files, capsys):
    before = sorted(os.listdir())
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert_one_error_line(err, text)
    assert "Iteration" not in out
    assert sorted(os.listdir()) == before


def test_error_of_other_channels_names_the_file(files, capsys):
    assert main(["predict", "net", "two.ts"]) == 1
    assert_one_error_line(capsys.readouterr().err, r"two\.ts")


def test_folder_that_can_not_be_written(files, capsys, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *arguments, **options: False)
    assert main(["train", "train.ts", "--out", "net2"]) == 1
    out, err = capsys.readouterr()
    assert_one_error_line(err, r"\.: the folder can't be written to")
    assert out == ""


@pytest.mark.parametrize("arguments", [["train", "train.ts"], ["demo"]], ids=lambda a: a[0])
def test_figure_without_matplotlib(arguments, files, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main([*arguments, "--plot", "x.png"]) == 1
    out, err = capsys.readouterr()
    assert_one_error_line(err, r'needs matplotlib. Install it with: .*"dlarray\[plot\]"')
    assert "Iteration" not in out


@pytest.mark.parametrize(
    "arguments",
    [["train", "nothing.ts"], ["predict", "garbage", "train.ts"], ["train", "cut.ts"]],
    ids=["missing", "garbage", "cut"],
)
def test_errors_of_a_process(arguments, folder):
    name, *paths = arguments
    done = command(name, *(str(folder / path) for path in paths))
    assert done.returncode == 1
    assert done.stdout == b""
    assert_one_error_line(done.stderr.decode(), paths[0])


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OSError(28, "No space left on device", "x.csv"), "x.csv: No space left on device"),
        (OSError("odd"), "odd"),
        (MemoryError(), "MemoryError"),
        (ValueError("first\nsecond"), "first"),
        (dl.GradientError("no tape"), "no tape"),
        (OverflowError("too large"), "too large"),
    ],
    ids=["disk-full", "os-error", "memory", "two-lines", "gradient", "overflow"],
)
def test_errors_of_any_kind_are_one_line(error, text, capsys, monkeypatch):
    def fail(options):
        raise error

    monkeypatch.setattr(commands, "info", fail)
    assert main(["info"]) == 1
    assert_one_error_line(capsys.readouterr().err, text)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["fly"], "invalid choice: 'fly'"),
        (["train"], "the following arguments are required: FILE.ts"),
        (["predict", "net"], "the following arguments are required: FILE.ts"),
        (["demo", "--epochs", "0"], "argument --epochs: must be a positive integer; got '0'"),
        (["demo", "--epochs", "1.5"], "argument --epochs: must be a positive integer; got '1.5'"),
        (["demo", "--fast"], "unrecognized arguments: --fast"),
        (["train", "x", "--filters"], "argument --filters: expected at least one argument"),
        (["train", "x", "--filters", "4", "-1"], "argument --filters: must be a positive integer"),
        (["train", "x", "--rate", "fast"], "argument --rate: invalid float value: 'fast'"),
        (["train", "x", "--solver", "lbfgs"], "argument --solver: invalid choice: 'lbfgs'"),
        (["train", "x", "--padding", "both"], "argument --padding: invalid choice: 'both'"),
        (["train", "x", "--seed", "1.5"], "argument --seed: invalid int value: '1.5'"),
    ],
    ids=lambda value: "-".join(value) or "nothing" if isinstance(value, list) else "",
)
def test_wrong_arguments_end_with_status_2(arguments, text, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert text in err


@pytest.mark.parametrize("name", ["", "demo", "train", "predict", "info"])
def test_help(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([*filter(None, [name]), "--help"])
    assert end.value.code == 0
    assert "usage: dlarray" in capsys.readouterr().out
