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
    monkeypatch.setattr("dlarray.cli.environment.threading", lambda: (4, "workqueue"))
    assert main(["info"]) == 0
    assert "4, threading layer workqueue (slow to start; " in capsys.readouterr().out
