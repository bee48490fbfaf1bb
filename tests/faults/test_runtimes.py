"""Other libraries with threads of their own in the process."""

from __future__ import annotations

import json

import pytest

from tests.faults.processes import each_layer, needs_threads, run

TORCH = """
def torch_is_right():
    import torch
    x = torch.linspace(-1, 1, SIZE)
    torch.nn.functional.conv1d(torch.ones(4, 8, 5000), torch.ones(8, 8, 5))
    return bool(torch.equal(torch.relu(x), torch.clamp(x, min=0)))
"""
ORDERS = {
    "torch first": ["torch_is_right", "is_right", "torch_is_right", "is_right"],
    "torch last": ["is_right", "torch_is_right", "is_right", "torch_is_right"],
}


@pytest.mark.torch
@needs_threads
@each_layer
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_beside_torch(order, layer, tmp_path):
    """Two OpenMP runtimes: no hang, right values, and as many threads as were asked for."""
    code = """
    import torch
    print(torch.get_num_threads(), dl.getNumThreads())
    """
    calls = "".join(f"\nassert {name}()" for name in order)
    variables = {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": 2, "OMP_NUM_THREADS": 2}
    assert run(TORCH, calls, code, cwd=tmp_path, **variables) == "2 2\n"


@needs_threads
@each_layer
def test_threadpoolctl_sees_the_threads(layer, tmp_path):
    """OpenMP's, where kernels use it; and that computing changes nothing of BLAS."""
    pytest.importorskip("threadpoolctl")
    code = """
    import json
    from threadpoolctl import threadpool_info, threadpool_limits

    def found():
        return {(i["user_api"], i["prefix"]): i["num_threads"] for i in threadpool_info()}

    assert is_right()  # and what Numba imports is imported
    before = found()
    with threadpool_limits(1, "blas"):
        right = is_right() and dl.getNumThreads() == 2
        right = right and all(n == 1 for (api, _), n in found().items() if api == "blas")
    after = found()
    blas = all(after[key] == n for key, n in before.items() if key[0] == "blas")
    print(json.dumps([right, blas, [n for (api, _), n in after.items() if api == "openmp"]]))
    """
    variables = {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": 2}
    right, blas, openmp = json.loads(run(code, cwd=tmp_path, **variables))
    assert (right, blas) == (True, True)
    assert openmp == ([2] if layer == "omp" else [])


@needs_threads
@each_layer
def test_beside_scikit_learn(layer, tmp_path):
    pytest.importorskip("sklearn")
    code = """
    from sklearn.cluster import KMeans

    def cluster():
        points = np.repeat([[0.0, 0.0], [9.0, 9.0]], 500, axis=0)
        return len(set(KMeans(2, n_init=1, random_state=0).fit_predict(points)))

    print(is_right(), cluster(), is_right(), cluster(), dl.getNumThreads())
    """
    variables = {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": 2}
    assert run(code, cwd=tmp_path, **variables) == "True 2 True 2 2\n"
