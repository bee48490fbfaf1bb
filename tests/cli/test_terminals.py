"""The commands on terminals, in several encodings, and interrupted."""

from __future__ import annotations

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
from dlarray.cli import commands, main
from tests.cli.command_line import (
    CLASSES,
    GERMAN,
    QUICK,
    assert_one_error_line,
    command,
    table_rows,
)
from tests.conftest import REPOSITORY

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and terminals")


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
