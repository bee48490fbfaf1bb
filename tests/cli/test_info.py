"""The command `info`."""

from __future__ import annotations

import dlarray as dl
from dlarray.cli import main


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
    monkeypatch.setattr(
        "dlarray.cli.environment.threading_state", lambda: (4, "workqueue", ["workqueue"])
    )
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    assert "4, threading layer workqueue (slow to start; " in out
    assert "libgomp1" in out or "libomp" in out


def test_info_says_which_layer_is_better_than_the_chosen_one(capsys, monkeypatch):
    found = 4, "workqueue", ["omp", "workqueue"]
    monkeypatch.setattr("dlarray.cli.environment.threading_state", lambda: found)
    assert main(["info"]) == 0
    assert "omp is faster and is here: unset NUMBA_THREADING_LAYER" in capsys.readouterr().out


def test_info_without_a_threading_layer(run_python):
    code = "import sys; from dlarray.cli import main; sys.exit(main(['info']))"
    done = run_python(code, NUMBA_THREADING_LAYER="abc", NUMBA_NUM_THREADS="2")
    assert (done.returncode, done.stderr) == (0, "")
    rows = {line[:18].strip(): line[18:] for line in done.stdout.splitlines()}
    assert 'no threading layer for NUMBA_THREADING_LAYER="abc"' in rows["threads"]
    assert rows["cache folder"]
