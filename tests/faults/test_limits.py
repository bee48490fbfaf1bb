"""Limits of the system: an error, or fewer threads, and a process that lives."""

from __future__ import annotations

import sys

import pytest

from tests.faults.processes import each_layer, needs_threads, run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits are set as on Linux")

LIMIT = """
import resource

def allow(mebibytes):
    "As `ulimit -v`: so much more memory than the process has now."
    pages = int(open("/proc/self/statm").read().split()[0])
    limit = pages * resource.getpagesize() + (mebibytes << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
"""


@needs_threads
@each_layer
def test_too_little_memory_for_an_array(layer, tmp_path):
    code = """
    x = dl.dlarray(np.zeros(SIZE))
    assert is_right() and is_right("f8")
    allow(20)
    for attempt in range(3):
        try:
            kept = [dl.relu(x) for _ in range(100)]
        except MemoryError as error:
            print("MemoryError")
        kept = None
    print(is_right("f4", 1000), is_right("f4"))
    """
    said = run(LIMIT, code, cwd=tmp_path, NUMBA_THREADING_LAYER=layer, NUMBA_NUM_THREADS=2)
    assert said == "MemoryError\n" * 3 + "True True\n"


@needs_threads
@each_layer
def test_too_little_memory_for_threads(layer, tmp_path):
    """GNU OpenMP would end the process."""
    code = """
    assert is_right("f4", 1000)  # imports what computes
    allow(40)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        right = is_right("f4", 1 << 19) and is_right("f4", 1 << 19)
    print(right, dl.getNumThreads())
    print(*[w.message for w in caught], sep="\\n")
    """
    variables = {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": 16}
    assert run(code.replace("allow(40)", ""), cwd=tmp_path, **variables) == "True 16\n\n"
    said = run(LIMIT, code, cwd=tmp_path, **variables).splitlines()
    assert said[0] == "True 1"
    assert said[1].startswith("dlarray: the system does not let this process start 16 threads, so")
    assert len(said) == 2
