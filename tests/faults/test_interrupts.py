"""Ctrl-C at any moment: KeyboardInterrupt comes, and what follows works."""

from __future__ import annotations

import signal
import sys

import pytest

from tests.faults.processes import run, start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's here")

# A timer's signal that does what Python does on a Ctrl-C comes at a precise moment.
INTERRUPT = """
import signal

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
signal.signal(signal.SIGALRM, signal.default_int_handler)

def is_interrupted(call, delay):
    "Whether a Ctrl-C after a delay comes out of the call."
    try:
        signal.setitimer(signal.ITIMER_REAL, delay)
        call()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        return True
    return False
"""


def test_during_a_compilation(tmp_path):
    """At moments of the compilation; it goes on meanwhile, and the cache holds whole entries."""
    code = """
    x = dl.dlarray(values())
    dl.relu
    came = [is_interrupted(lambda: dl.relu(x), 0.003 * 2 ** i) for i in range(8)]
    print(came[:3], is_right(), is_right("f8"), is_right("f4", 10))
    """
    cache = tmp_path / "cache"
    said = run(INTERRUPT, code, cwd=tmp_path, DLARRAY_CACHE_DIR=cache)
    assert said == "[True, True, True] True True True\n"
    before = entries(cache)
    assert before
    assert run("print(is_right())", cwd=tmp_path, DLARRAY_CACHE_DIR=cache) == "True\n"
    assert entries(cache) == before


def entries(cache):
    """What lies in the cache, and when it was written."""
    files = [path for path in cache.rglob("*") if path.is_file()]
    assert all(path.suffix == ".bin" for path in files)
    return {path: path.stat().st_mtime_ns for path in files}


def test_ends_a_process_that_compiles(tmp_path):
    """As one does that the system's signal ends; its compilation is not lost."""
    code = """
    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
    dl.relu(dl.dlarray(values()))
    """
    cache = tmp_path / "cache"
    process = start("dl.relu", INTERRUPT, code, cwd=tmp_path, DLARRAY_CACHE_DIR=cache)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGINT, 1)  # 1 where Python forgot what ended it
    assert errors.count("KeyboardInterrupt") == 1
    assert "ignored" not in errors
    assert entries(cache)


def test_during_kernels(tmp_path):
    """Python drops one that comes in the microsecond in which an array is freed: 1 of 400 here."""
    code = """
    def compute():
        end = time.monotonic() + 1
        while time.monotonic() < end:
            is_right()

    assert is_right()
    came = [is_interrupted(compute, 0.001 * (i % 7 + 1)) for i in range(50)]
    print(came.count(True) >= 47, is_right(), dl.getNumThreads())

    from dlarray.kernels.threads import launching

    print(launching.locked())
    """
    said = run(INTERRUPT, code, cwd=tmp_path, NUMBA_NUM_THREADS=2)
    assert said == "True True 2\nFalse\n"
