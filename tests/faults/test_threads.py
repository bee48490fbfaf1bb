"""Kernels called from many Python threads at once, and how many threads they use themselves."""

from __future__ import annotations

import pytest

from tests.faults.processes import each_layer, needs_threads, run

# Values, and the bits of sums, of calls that many threads make in any order.
MANY = """
def work(i):
    rng = np.random.default_rng(i % 4)
    dtype = "f4" if i % 2 else "f8"
    x = dl.dlarray(rng.standard_normal((700, 300)).astype(dtype), "CB")
    y = dl.relu(x)
    assert np.array_equal(dl.extractdata(y), np.maximum(dl.extractdata(x), 0))
    return dl.extractdata(dl.softmax(x)).tobytes()

def is_same(results, want):
    return all(result == want[i % 4] for i, result in enumerate(results))

with dl.numThreads(1):
    want = [work(i) for i in range(4)]
"""


@each_layer
def test_sixteen_threads_get_the_bits_of_one(layer, tmp_path):
    code = """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(16) as pool:
        print(is_same(pool.map(work, range(64)), want))
    print(is_same(map(work, range(4)), want), dl.getNumThreads())
    """
    variables = {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": 4}
    said = run(MANY, code, cwd=tmp_path, **variables)
    assert said.split() == ["True", "True", "4"]


LIBRARIES = {
    "joblib": """
    from joblib import Parallel, delayed
    results = Parallel(8, backend="threading")(delayed(work)(i) for i in range(32))
    print(is_same(results, want))
    """,
    "dask": """
    import dask
    jobs = [dask.delayed(work)(i) for i in range(32)]
    print(is_same(dask.compute(*jobs, scheduler="threads", num_workers=8), want))
    """,
}


@pytest.mark.parametrize("library", LIBRARIES)
@each_layer
def test_threads_of_other_libraries(library, layer, tmp_path):
    pytest.importorskip(library)
    variables = {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": 4}
    assert run(MANY, LIBRARIES[library], cwd=tmp_path, **variables) == "True\n"


@needs_threads
@each_layer
def test_threads_that_compute_at_once_share_little(layer, tmp_path):
    """As many callers as processors: then nothing else computes, whatever the layer."""
    code = """
    from concurrent.futures import ThreadPoolExecutor
    from dlarray.kernels import _jit

    running, most, lock = 0, 0, threading.Lock()

    def counted(call, workers):
        def compute(*arguments):
            global running, most
            with lock:
                running += workers(arguments)
                most = max(most, running)
            try:
                call(*arguments)
            finally:
                with lock:
                    running -= workers(arguments)
        return compute

    from dlarray.kernels import activation
    kernel = activation._RELU
    assert is_right()
    kernel.serial = counted(kernel.serial, lambda arguments: 1)
    kernel.shared = counted(kernel.shared, lambda arguments: arguments[0])
    barrier = threading.Barrier(4)

    def compute(_):
        assert is_right()
        barrier.wait()
        for _ in range(10):
            assert is_right()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(compute, range(4)))
    print(most)
    """
    variables = {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": 4}
    assert int(run(code, cwd=tmp_path, **variables)) <= 4 + 3


def test_a_cache_made_with_other_numbers_of_threads(tmp_path):
    code = """
    from dlarray.kernels import activation
    right = is_right()
    print(right, sum(activation._RELU.shared.stats.cache_misses.values()))
    """
    variables = {"DLARRAY_CACHE_DIR": tmp_path / "cache"}
    said = [run(code, cwd=tmp_path, NUMBA_NUM_THREADS=n, **variables) for n in (2, 4, 3)]
    assert said == ["True 1\n", "True 0\n", "True 0\n"]
