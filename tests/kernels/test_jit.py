"""What is compiled when, and what becomes of it on disk."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

from dlarray import kernels
from dlarray.kernels import Geometry, _cache_folder, dry_run
from dlarray.kernels._jit import canonical, is_dry
from dlarray.testing import TOLERANCES
from tests.kernels.alone import all_kernels
from tests.layouts import OF_MEMORY

KERNEL_RUN = """
import json, sys, warnings
import numpy as np
from dlarray import kernels
from dlarray.kernels import activation, dropout

x = np.linspace(-1, 1, 21, dtype=sys.argv[1] if len(sys.argv) > 1 else "f8")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    y, kept = kernels.relu_forward(x), kernels.dropout(x, 0.5, 1)
    kernels.relu_forward(x.astype("f4"))
mask = sys.modules["dlarray.kernels.dropout"]._mask
stats = [kernel.entry.stats for kernel in (activation._RELU, mask)]
print(json.dumps({
    "right": bool(np.array_equal(y, np.maximum(x, 0)) and np.isin(kept, [0, *(2 * x)]).all()),
    "hits": sum(sum(s.cache_hits.values()) for s in stats),
    "misses": sum(sum(s.cache_misses.values()) for s in stats),
    "warnings": [[w.category.__name__, str(w.message)] for w in caught],
}))
"""
COMPILED = 3  # functions for which KERNEL_RUN compiles code: relu twice, dropout once

DRIVERS = """
import numpy as np
from dlarray import kernels as k

g = k.Geometry(2, 1, 3, 3, k.INCLUDE_EDGE)
x, w = np.ones((2, 30, 5)), np.ones((3, 5, 7))
dy, row = np.ones((2, 17, 7)), np.ones(5)
results = [
    k.conv_forward(x, w, None, (g,)),
    k.conv_grad_x(dy, w, (30,), (g,)),
    k.conv_grad_w(x, dy, (3,), (g,)),
    *k.layernorm_forward(x[0], row, row, 1e-5),
    *k.layernorm_backward(x[0], x[0], row, np.ones((2, 30))),
    *k.groupnorm_forward(x, row, row, 5, 1e-5),
    *k.groupnorm_backward(x, x, row, np.ones((2, 2, 5)), 1e-5),
    k.batch_statistics(x[0]),
    k.batchnorm_sums(x[0], x[0], np.ones((2, 5)), 1e-5),
    *k.crosschannelnorm_forward(x[0], 1, 1, 1e-4, 0.75, 2.0),
    k.crosschannelnorm_backward(x[0], x[0], x[0], 1, 1, 1e-4, 0.75),
    k.relu_forward(x),
    k.relu_grad(x, x),
    k.dropout(x, 0.5, 1),
    *k.max_axis(x, 1),
    k.max_axis_grad(np.ones((2, 1, 5)), np.zeros((2, 1, 5), int), 1, 30),
    k.sum_axes(np.ones((20_000, 3)), (0,)),
    *k.adam(x, x, x, x, k.AdamStep(0.1, 0.9, 0.99, 1e-8)),
    *k.sgdm(x, x, x, 0.1, 0.9),
    *k.rmsprop(x, x, x, 0.1, 0.9, 1e-8),
    k.sigmoid_forward(x),
    k.gelu_grad(x, x, True),
    k.leakyrelu_forward(x, 0.1),
    k.softmax_grad(x, k.softmax_forward(x)),
    k.crossentropy_forward(x, x, False),
    k.crossentropy_grad(np.ones((1, 1)), x, x, True),
    k.erf(x),
]
"""
SHAPES = [
    (2, 17, 7),
    (2, 30, 5),
    (3, 5, 7),
    *[(30, 5), (2, 30), (30, 5), (5,), (5,)],
    *[(2, 30, 5), (2, 2, 5), (2, 30, 5), (5,), (5,)],
    *[(2, 5), (2, 5)],
    *[(30, 5)] * 3,
    (2, 30, 5),
    (2, 30, 5),
    (2, 30, 5),
    (2, 1, 5),
    (2, 1, 5),
    (2, 30, 5),
    (1, 3),
    *[(2, 30, 5)] * 11,
    (1, 1),
    *[(2, 30, 5)] * 2,
]

COMPILED_FUNCTIONS = """
import gc, sys
from numba.core.dispatcher import Dispatcher

found = [f for f in gc.get_objects() if isinstance(f, Dispatcher)]
ours = [f for f in found if f.py_func.__module__.startswith("dlarray")]
assert ours, "no compiled function was found"
print(*[f.py_func.__qualname__ for f in ours if f.signatures])
"""


@pytest.fixture
def run_kernels(run_python, tmp_path):
    """Run KERNEL_RUN with a cache folder of its own, and return what it says."""

    def run(*arguments, **environment):
        environment.setdefault("DLARRAY_CACHE_DIR", str(tmp_path / "cache"))
        done = run_python(KERNEL_RUN, *arguments, **environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def entries(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


# -- compiling


@pytest.mark.parametrize("module", ["dlarray", "dlarray.kernels", "dlarray.network"])
def test_importing_compiles_nothing(module, run_python):
    done = run_python(f"import {module}, dlarray.kernels\n{COMPILED_FUNCTIONS}")
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_a_dry_run_compiles_nothing_and_writes_no_cache(run_python, tmp_path):
    indented = DRIVERS.replace("\n", "\n    ")
    code = f"from dlarray.kernels import dry_run\nwith dry_run():{indented}\n{COMPILED_FUNCTIONS}"
    done = run_python(code, DLARRAY_CACHE_DIR=str(tmp_path))
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
    assert entries(tmp_path) == []


def test_a_dry_run_gives_zeros_of_the_right_sizes():
    results: dict[str, Any] = {}
    with dry_run():
        exec(DRIVERS, results)
    assert [result.shape for result in results["results"]] == SHAPES
    for position, result in enumerate(results["results"]):
        assert not result.any(), f"result {position}"


def test_without_a_dry_run_the_same_calls_compute():
    results: dict[str, Any] = {}
    exec(DRIVERS, results)
    assert [result.shape for result in results["results"]] == SHAPES
    assert results["results"][0].any()


def test_a_dry_run_ends_with_its_block_and_nests():
    assert not is_dry()
    with dry_run():
        with dry_run():
            assert is_dry()
        assert is_dry()
    with pytest.raises(KeyError), dry_run():
        raise KeyError
    assert not is_dry()
    np.testing.assert_array_equal(kernels.relu_forward(np.array([-1.0, 1.0])), [0, 1])


def test_a_dry_run_is_of_one_thread_only():
    x = np.array([-1.0, 1.0])
    with dry_run(), ThreadPoolExecutor(1) as pool:
        np.testing.assert_array_equal(pool.submit(kernels.relu_forward, x).result(), [0, 1])


def test_each_kernel_has_a_name_of_its_own():
    """Entries of the cache are found by it."""
    names = [kernel.name for kernel in all_kernels()]
    assert len(names) > 50
    assert sorted(names) == sorted(set(names))


# -- arrays as kernels take them


@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_canonical_passes_what_is_canonical(dtype):
    for shape in ((), (0,), (3,), (2, 3), (1, 3, 1)):
        array = np.ones(shape, dtype)
        assert canonical(array) is array


ODD = {
    **{name: layout for name, layout in OF_MEMORY.items() if name != "read-only"},
    "broadcast": lambda a: np.broadcast_to(a[:1], a.shape),
    "broadcast, writable": lambda a: as_strided(a, a.shape, (0, a.itemsize)),
}


@pytest.mark.parametrize("layout", ODD.values(), ids=ODD)
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_canonical_copies_what_is_not(layout, dtype, rng):
    array = layout(rng.standard_normal((3, 5)).astype(dtype))
    copy = canonical(array)
    assert copy is not array
    assert copy.dtype == dtype
    assert copy.dtype.isnative
    assert copy.flags.c_contiguous
    assert copy.flags.behaved
    np.testing.assert_array_equal(copy, array)


@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_canonical_reads_memory_that_must_not_be_written_to(dtype, rng):
    array = OF_MEMORY["read-only"](rng.standard_normal((3, 5)).astype(dtype))
    before = array.copy()
    view = canonical(array)
    assert np.shares_memory(view, array)
    assert view.flags.writeable  # the type that kernels were compiled for
    assert not array.flags.writeable
    del array
    np.testing.assert_array_equal(view, before)  # the memory lives


def test_canonical_reads_a_mapped_file(tmp_path):
    np.arange(5.0).tofile(tmp_path / "x")
    mapped = np.memmap(tmp_path / "x", np.float64, "r")
    assert np.shares_memory(canonical(mapped), mapped)
    np.testing.assert_array_equal(kernels.relu_forward(mapped), np.arange(5.0))


# -- the cache on disk


def test_a_second_process_compiles_nothing(run_kernels, tmp_path):
    first, second = run_kernels(), run_kernels()
    assert first == {"right": True, "hits": 0, "misses": COMPILED, "warnings": []}
    assert second == {"right": True, "hits": COMPILED, "misses": 0, "warnings": []}
    files = entries(tmp_path / "cache")
    assert len(files) == COMPILED
    assert not any(path.parent.stat().st_mode & 0o077 for path in files)


def test_the_cache_can_be_switched_off(run_kernels, tmp_path):
    homes = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    said = run_kernels(DLARRAY_CACHE="0", **homes)
    assert (said["right"], said["warnings"]) == (True, [])
    assert entries(tmp_path) == []


def test_an_edit_of_any_source_moves_the_cache(tmp_path, monkeypatch):
    sources = tmp_path / "kernels"
    shutil.copytree(Path(_cache_folder.__file__).parent, sources)
    monkeypatch.setattr(_cache_folder, "__file__", str(sources / "_cache_folder.py"))
    monkeypatch.setenv("DLARRAY_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("DLARRAY_CACHE", raising=False)
    seen = {_cache_folder.cache_folder.__wrapped__()}
    for name in ("_simd.py", "relu_helper.py"):
        with open(sources / name, "a") as file:
            file.write("\n# an edit\n")
        seen.add(_cache_folder.cache_folder.__wrapped__())
    assert len(seen) == 3


@pytest.mark.parametrize("variable", ["NUMBA_CPU_NAME=generic", "DLARRAY_LANES=other"])
def test_another_processor_moves_the_cache(variable, run_python):
    code = "from dlarray.kernels import _cache_folder as f; print(f.cache_folder(), f.LANES)"
    here, lanes = run_python(code).stdout.split()
    name, value = variable.split("=")
    value = value.replace("other", "4" if lanes != "4" else "8")
    done = run_python(code, **{name: value})
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] != here


def test_kernels_for_a_generic_processor_give_right_values(run_kernels):
    assert run_kernels(NUMBA_CPU_NAME="generic")["right"]


def test_a_geometry_counts_its_outputs():
    assert Geometry(3, 2, 1, 2).out_length(10, 4) == 3
    assert Geometry().out_length(3, 5) < 1
