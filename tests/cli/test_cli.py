"""The command line: what the commands do, and that every error is one line."""

from __future__ import annotations

import csv
import io
import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dlarray as dl
from dlarray import _console
from dlarray.cli import commands, main

REPOSITORY = Path(__file__).parent.parent.parent
CLASSES = ["sawtooth", "sine", "square", "triangle"]
GERMAN = {"sawtooth": "säge", "sine": "sinus", "square": "rechteck", "triangle": "dreieck"}
QUICK = ["--epochs", "2", "--filters", "4"]
PNG = b"\x89PNG\r\n\x1a\n"

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and terminals")


def write_ts(path, X, T=None):
    classes = "false" if T is None else "true " + " ".join(sorted(set(T)))
    lines = [f"@dimensions {X[0].shape[1]}", f"@classLabel {classes}", "@data"]
    for i, x in enumerate(X):
        channels = [",".join(map(repr, column.tolist())) for column in x.T]
        lines.append(":".join([*channels, *([] if T is None else [T[i]])]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def write_csv(path, X, T):
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["sequence", "label", *(f"c{i}" for i in range(X[0].shape[1]))])
        for i, (x, label) in enumerate(zip(X, T, strict=True)):
            rows.writerows([i, label, *map(repr, step)] for step in x.tolist())
    return str(path)


def command(*arguments, **environment):
    """Run ``python -m dlarray`` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "dlarray", *arguments],
        env={**os.environ, **environment},
        cwd=REPOSITORY,
        capture_output=True,
        timeout=120,
        check=False,
    )


def assert_one_error_line(text, pattern):
    assert re.fullmatch(r"dlarray: error: [^\n]+\n", text), text
    assert re.search(pattern, text), text


def table_rows(text):
    """The cells of the verbose table's rows."""
    return [line.split() for line in text.splitlines() if re.match(r" +\d+ +\d+ +\d\d:", line)]


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


# -- demo


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


# -- train


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


# -- predict


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


# -- info


def test_info(capsys):
    assert main(["info"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    names = [line[:18].strip() for line in out.splitlines()]
    assert names[:5] == ["dlarray", "Python", "NumPy", "Numba", "safetensors"]
    assert {"processor", "vector lanes", "threads", "cache folder"} <= set(names)
    assert all(line[18:].strip() for line in out.splitlines())
    assert dl.__version__ in out.splitlines()[0]


def test_info_without_a_cache(run_python):
    code = "from dlarray.cli import main; main(['info'])"
    assert "off (DLARRAY_CACHE=0)" in run_python(code, DLARRAY_CACHE="0").stdout


def test_info_advises_where_threads_start_slowly(capsys, monkeypatch):
    monkeypatch.setattr("dlarray.cli.environment.threading", lambda: (4, "workqueue"))
    assert main(["info"]) == 0
    assert "4, threading layer workqueue (slow to start; " in capsys.readouterr().out


# -- errors

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


# -- terminals and encodings


def test_no_progress_bar_without_a_terminal(folder):
    done = command("train", str(folder / "few.ts"), *QUICK)
    assert done.returncode == 0
    assert done.stderr == b""
    assert b"%|" not in done.stdout


def on_terminal(arguments):
    """Run with standard error on a terminal; returns status, standard output, what it shows."""
    import pty
    import termios

    control, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 120))
    with subprocess.Popen(
        [sys.executable, "-m", "dlarray", *arguments],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        assert process.stdout
        shown, printed = b"", b""
        streams = {control, process.stdout.fileno()}
        while streams:
            for stream in select.select(streams, [], [], 60)[0]:
                try:
                    part = os.read(stream, 65536)
                except OSError:
                    part = b""
                if not part:
                    streams.remove(stream)
                elif stream == control:
                    shown += part
                else:
                    printed += part
    os.close(control)
    return process.returncode, printed.decode(), shown.decode()


@posix
def test_progress_bar_with_the_time_left_on_a_terminal(folder):
    status, out, shown = on_terminal(
        ["train", str(folder / "few.ts"), "--epochs", "400", "--filters", "4"]
    )
    assert status == 0
    assert re.search(r"\d+%\|.*\| \d+/400 \[\d\d:\d\d<\d\d:\d\d", shown)
    assert "epoch" in shown and "loss" in shown
    assert "%|" not in out
    assert [row[0] for row in table_rows(out)][:3] == ["1", "50", "100"]


@posix
def test_quiet_has_no_progress_bar_on_a_terminal(folder):
    status, _, shown = on_terminal(["train", str(folder / "few.ts"), *QUICK, "--quiet"])
    assert status == 0
    assert shown == ""


ENCODINGS = {
    "c": {"LC_ALL": "C", "LANG": "C"},
    "c-without-coercion": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
}


@pytest.mark.parametrize("environment", ENCODINGS.values(), ids=ENCODINGS)
def test_names_beyond_ascii_in_any_encoding(environment, folder, tmp_path):
    source, out, rows = str(folder / "german.ts"), str(tmp_path / "net"), str(tmp_path / "x.csv")
    done = command("train", source, *QUICK, "--test", source, "--out", out, **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Test accuracy" in done.stdout
    assert dl.loadNetwork(out).Usage.ClassNames == tuple(sorted(GERMAN.values()))
    done = command("predict", out, source, "--out", rows, **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "score_säge" in Path(rows).read_text(encoding="utf-8")


@pytest.mark.parametrize("environment", ENCODINGS.values(), ids=ENCODINGS)
def test_errors_with_signs_beyond_ascii_in_any_encoding(environment, folder):
    done = command("predict", str(folder / "net"), str(folder / "two.ts"), **environment)
    assert done.returncode == 1
    assert done.stdout == b""
    assert_one_error_line(done.stderr.decode("latin-1"), "got 2")


@posix
def test_names_of_files_that_are_not_utf8(folder, tmp_path):
    source, out = (os.fsencode(tmp_path) + name for name in (b"/\xff.ts", b"/\xfe net"))
    try:
        Path(os.fsdecode(source)).write_bytes((folder / "few.ts").read_bytes())
    except OSError:
        pytest.skip("the file system takes no such name")
    done = command("train", source, *QUICK, "--out", out, PYTHONIOENCODING="utf-8")
    assert (done.returncode, done.stderr) == (0, b"")
    assert dl.loadNetwork(os.fsdecode(out)).Initialized


# -- interruptions


@posix
def test_interrupt_during_training_writes_the_network_so_far(folder, tmp_path):
    out = tmp_path / "net"
    arguments = ["train", str(folder / "train.ts"), "--epochs", "1000000", "--out", str(out)]
    with subprocess.Popen(
        [sys.executable, "-m", "dlarray", *arguments],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if table_rows(line):
                break
        process.send_signal(signal.SIGINT)
        text, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "Training stopped: Stopped manually" in text
    assert "Test accuracy" in text
    net = dl.loadNetwork(out)
    assert all(np.isfinite(value.data).all() for value in net.Learnables.Value)
    assert net.Usage.ClassNames == tuple(CLASSES)


def test_interrupt_outside_training(capsys, monkeypatch):
    def interrupted(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "info", interrupted)
    assert main(["info"]) == 130
    assert capsys.readouterr().err == "\ndlarray: interrupted\n"


@posix
def test_reader_that_goes_away(folder):
    with subprocess.Popen(
        [sys.executable, "-m", "dlarray", "predict", str(folder / "net"), str(folder / "train.ts")],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        err = process.stderr.read()
    assert err == b""
    assert process.returncode in (1, -signal.SIGPIPE)


# -- the console


def test_lines_go_where_the_console_is_told(capsys):
    lines: list[str] = []
    with _console.using(lines.append):
        _console.write("inside")
    _console.write("outside")
    assert lines == ["inside"]
    assert capsys.readouterr().out == "outside\n"


def test_console_is_restored_after_an_error(capsys):
    def fail(text):
        raise ValueError(text)

    with pytest.raises(ValueError, match="inside"), _console.using(fail):
        _console.write("inside")
    _console.write()
    assert capsys.readouterr().out == "\n"


def test_lines_appear_at_once(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), write_through=False)
    monkeypatch.setattr(sys, "stdout", stream)
    _console.write("now")
    assert isinstance(stream.buffer, io.BytesIO)
    assert stream.buffer.getvalue() == b"now\n"


@pytest.mark.parametrize(
    ("counts", "names", "lines"),
    [
        ([[1, 20], [300, 4]], ["a", "long"], ["          a  long", "  a       1    20"]),
        ([[5]], ["größe"], ["         größe", "  größe      5"]),
    ],
    ids=["widths", "one"],
)
def test_text_of_a_confusion_matrix(counts, names, lines):
    text = commands.confusion_text(np.array(counts), names).splitlines()
    assert text[: len(lines)] == lines
    assert len({len(line) for line in text}) == 1
