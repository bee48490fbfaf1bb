"""Kernels called from many Python threads at once, and how many threads they use themselves."""

from __future__ import annotations

import pytest

from dlarray.kernels import threads
from tests.faults.processes import each_layer, run

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


@each_layer
def test_as_many_callers_as_threads_share_nothing(layer, tmp_path):
    """Each takes a thread from the others; one that waits for a while takes none."""
    code = """
    from concurrent.futures import ThreadPoolExecutor
    from dlarray.kernels import threads
    from dlarray.kernels._jit import workers

    threads._CALLER_NS = 10**12
    barrier = threading.Barrier(4)

    def compute(_):
        found = []
        for _ in range(20):
            assert is_right(size=1 << 16)
            barrier.wait()
            found.append(workers(nbytes=1e9))
        return found[1:]

    assert is_right(size=1 << 16)
    with ThreadPoolExecutor(4) as pool:
        print({number for found in pool.map(compute, range(4)) for number in found})
    threads._CALLER_NS = 0
    print(workers(nbytes=1e9))
    """
    variables = {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": 4}
    assert run(code, cwd=tmp_path, **variables) == "{1}\n4\n"


TBB_MAY_BE_TAKEN = {"default": 1, "tbb": 1, "safe": 1, "threadsafe": 1, "forksafe": 1}


@pytest.mark.parametrize("chosen", [*TBB_MAY_BE_TAKEN, "OMP", "omp", "workqueue"])
def test_tbb_is_looked_for_wherever_numba_may_take_it(chosen, monkeypatch):
    looked: list[int] = []
    monkeypatch.setattr("numba.config.THREADING_LAYER", chosen)
    monkeypatch.setattr("numba.get_num_threads", lambda: 1)
    monkeypatch.setattr(threads, "_find_tbb", lambda: looked.append(1))
    threads._load_layer()
    assert len(looked) == TBB_MAY_BE_TAKEN.get(chosen, 0)


def test_a_cache_made_with_other_numbers_of_threads(tmp_path):
    code = "print(is_right(), dl.getNumThreads())"
    cache = tmp_path / "cache"
    for number in (2, 4, 3):
        before = {path: path.stat().st_mtime_ns for path in cache.rglob("*.bin")}
        said = run(code, cwd=tmp_path, NUMBA_NUM_THREADS=number, DLARRAY_CACHE_DIR=cache)
        assert said == f"True {number}\n"
        after = {path: path.stat().st_mtime_ns for path in cache.rglob("*.bin")}
        assert after
        assert after == (before or after)
