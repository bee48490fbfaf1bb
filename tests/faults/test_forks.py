"""Children that were forked from a process whose kernels had run on several threads."""

from __future__ import annotations

import os

import pytest

from tests.faults.processes import each_layer, needs_threads, run

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

FORK = """
warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads

def in_child(work):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if work() else 2
        finally:
            os._exit(status)
    for _ in range(600):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(child, 9)
    return "hangs"
"""


def run_forking(code, **settings):
    return run(FORK, code, NUMBA_NUM_THREADS=2, **settings).splitlines()


@needs_threads
@each_layer
def test_a_child_computes_by_itself(layer, tmp_path):
    code = """
    def grandchild():
        return is_right("f8") and dl.getNumThreads() == 1

    def child():
        assert dl.getNumThreads() == 1
        dl.setNumThreads(2)
        with dl.numThreads(2):
            assert dl.getNumThreads() == 1
            return is_right() and is_right("f8") and in_child(grandchild) == 0

    assert is_right()
    print([in_child(child) for _ in range(3)])
    print(dl.getNumThreads(), is_right(), is_right("f8"))
    """
    said = run_forking(code, cwd=tmp_path, NUMBA_THREADING_LAYER=layer)
    assert said == ["[0, 0, 0]", "2 True True"]


@needs_threads
@each_layer
def test_a_child_of_a_process_that_computed_nothing_shares(layer, tmp_path):
    code = """
    print(in_child(lambda: is_right() and dl.getNumThreads() == 2))
    print(is_right(), dl.getNumThreads())
    """
    said = run_forking(code, cwd=tmp_path, NUMBA_THREADING_LAYER=layer)
    assert said == ["0", "True 2"]


@needs_threads
@each_layer
def test_a_child_of_a_process_that_used_numba_by_itself(layer, tmp_path):
    code = """
    import numba

    @numba.njit(parallel=True)
    def fill(x):
        for i in numba.prange(len(x)):
            x[i] = i

    from dlarray.kernels.threads import present_layers

    present_layers()  # a library that only dlarray finds
    fill(np.empty(1000))
    print(in_child(is_right), is_right())
    """
    assert run_forking(code, cwd=tmp_path, NUMBA_THREADING_LAYER=layer) == ["0 True"]


@needs_threads
def test_a_pool_of_forked_workers(tmp_path):
    code = """
    import multiprocessing

    assert is_right()
    with multiprocessing.get_context("fork").Pool(3) as pool:
        print(set(pool.map(is_right, ["f4", "f8"] * 8)), set(pool.map(abs, [1])))
    print(is_right())
    """
    assert run_forking(code, cwd=tmp_path) == ["{True} {1}", "True"]


@needs_threads
@each_layer
def test_forks_while_other_threads_compute_and_compile(layer, tmp_path):
    """The child has neither the threads nor what they held."""
    code = """
    from concurrent.futures import ThreadPoolExecutor

    stop = threading.Event()
    dl.relu, dl.sigmoid  # imported: Python's own locks of modules do not survive a fork

    def compute(dtype):
        while not stop.is_set():
            assert is_right(dtype)

    def compile_new():
        return dl.extractdata(dl.sigmoid(dl.dlarray(np.zeros(3)))).tolist() == [[0.5]] * 3

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(compute, dtype) for dtype in ("f4", "f8")] + [pool.submit(compile_new)]
        results = []
        for _ in range(10):
            time.sleep(0.02)
            results.append(in_child(lambda: is_right() and compile_new()))
        stop.set()
        print(results == [0] * 10, [job.result() for job in jobs])
    """
    cache = tmp_path / "cache"
    said = run_forking(code, cwd=tmp_path, NUMBA_THREADING_LAYER=layer, DLARRAY_CACHE_DIR=cache)
    assert said == ["True [None, None, True]"]
