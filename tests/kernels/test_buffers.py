"""Memory for results: aligned, reused once the last view has died, limited in size."""

import gc
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import numpy as np
import pytest

from dlarray.kernels import _buffers, clear_pool, empty, empty_like
from dlarray.kernels._buffers import ALIGNMENT, POOLED_BYTES

LARGE = (POOLED_BYTES // 8 + 3,)  # numbers of float64
LARGE_3D = (19, 23, 29)
THREADS = 8


@pytest.fixture(autouse=True)
def fresh_pool():
    gc.collect()
    clear_pool()
    yield
    clear_pool()


def start(array):
    return array.__array_interface__["data"][0]


def held():
    """Bytes of unused blocks."""
    return _buffers._pool.held


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (5, 7), LARGE, LARGE_3D], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.intp], ids=lambda d: d.__name__)
def test_shape_type_and_order(shape, dtype):
    array = empty(shape, dtype)
    assert type(array) is np.ndarray
    assert array.shape == shape
    assert array.dtype == dtype
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert array.flags.aligned


@pytest.mark.parametrize("more", [0, 1, 7, 1000])
def test_large_arrays_begin_at_a_cache_line(more):
    arrays = [empty((LARGE[0] + more + i,), np.float64) for i in range(5)]
    assert not any(start(array) % ALIGNMENT for array in arrays)


def test_arrays_do_not_overlap():
    arrays = [empty(LARGE, np.float64) for _ in range(10)]
    for i, array in enumerate(arrays):
        array[...] = i
    for i, array in enumerate(arrays):
        assert np.all(array == i)


def test_memory_comes_back_when_the_array_dies():
    array = empty(LARGE, np.float64)
    place = start(array)
    del array
    assert held() > 0
    again = empty(LARGE, np.float64)
    assert start(again) == place
    assert held() == 0


def test_memory_does_not_come_back_while_a_view_lives():
    array = empty(LARGE, np.float64)
    array[...] = 7
    place, view = start(array), array.reshape(1, -1)[:, 5:].T[::2]
    del array
    assert held() == 0
    other = empty(LARGE, np.float64)
    other[...] = 0
    assert start(other) != place
    assert np.all(view == 7)
    del view
    assert held() > 0
    assert start(empty(LARGE, np.float64)) == place


def test_a_memoryview_keeps_the_memory_too():
    view = empty(LARGE, np.float64).data
    assert held() == 0
    del view
    assert held() > 0


def test_lengths_that_differ_a_little_share_a_block():
    array = empty(LARGE, np.float64)
    place = start(array)
    del array
    assert start(empty((LARGE[0] + 5,), np.float64)) == place


def test_a_block_serves_another_type():
    array = empty(LARGE, np.float64)
    place = start(array)
    del array
    assert start(empty((2 * LARGE[0],), np.float32)) == place


def test_small_arrays_are_not_pooled():
    array = empty((POOLED_BYTES // 8 - 1,), np.float64)
    del array
    assert held() == 0


def test_the_pool_keeps_no_more_than_its_limit(monkeypatch):
    monkeypatch.setattr(_buffers, "LIMIT_BYTES", 3 * 8 * LARGE[0])
    arrays = [empty(LARGE, np.float64) for _ in range(10)]
    del arrays
    assert 0 < held() <= _buffers.LIMIT_BYTES


def test_blocks_of_sizes_asked_for_longest_ago_go_first(monkeypatch):
    monkeypatch.setattr(_buffers, "LIMIT_BYTES", 40 * 8 * LARGE[0])
    sizes = [(n * LARGE[0],) for n in (6, 8, 10, 12)]

    def use(*shapes):
        arrays = [empty(shape, np.float64) for shape in shapes]
        return {start(array) for array in arrays}

    first = use(*sizes)
    again = use(sizes[0])  # the second size is the oldest now
    assert again <= first
    use((14 * LARGE[0],))
    assert held() <= _buffers.LIMIT_BYTES
    assert use(sizes[0], *sizes[2:]) <= first
    assert not _buffers._pool.free[_buffers._size_class(8 * sizes[1][0])]


def test_blocks_of_a_size_that_is_no_longer_used_make_room(monkeypatch):
    monkeypatch.setattr(_buffers, "LIMIT_BYTES", 4 * 8 * LARGE[0])
    old = [empty(LARGE, np.float64) for _ in range(3)]
    del old
    new = empty((3 * LARGE[0],), np.float64)
    place = start(new)
    del new
    assert start(empty((3 * LARGE[0],), np.float64)) == place


def test_clear_pool_returns_unused_blocks():
    array = empty(LARGE, np.float64)
    del array
    assert held() > 0
    clear_pool()
    assert held() == 0


def test_arrays_outlive_clear_pool():
    array = empty(LARGE, np.float64)
    array[...] = 3
    clear_pool()
    assert np.all(array == 3)
    del array  # an error in its __del__ fails the test as a warning
    assert held() > 0


@pytest.mark.parametrize("shape", [(2, 3, 5), LARGE_3D], ids=str)
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_order_lists_the_axes_from_slowest_to_fastest(order, shape):
    array = empty(shape, np.float64, order)
    assert array.shape == shape
    assert array.transpose(order).flags.c_contiguous


@pytest.mark.parametrize("shape", [(2, 3, 5), LARGE_3D], ids=str)
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("dtype", [None, np.float32, np.intp], ids=str)
def test_empty_like_keeps_the_memory_order(order, shape, dtype):
    array = np.zeros([shape[axis] for axis in order]).transpose(np.argsort(order))
    like = empty_like(array, dtype)
    assert like.shape == array.shape
    assert like.dtype == np.dtype(dtype or array.dtype)
    assert like.transpose(order).flags.c_contiguous


def test_empty_like_a_view_with_gaps_is_dense():
    wide = np.zeros((6, 10, 14))
    like = empty_like(wide[::2, ::-2, ::2].transpose(2, 0, 1))
    assert like.shape == (7, 3, 5)
    assert like.transpose(1, 2, 0).flags.c_contiguous


def test_empty_like_a_broadcast_array_can_be_written():
    like = empty_like(np.broadcast_to(np.float64(1), (3, 5)))
    like[...] = np.arange(15).reshape(3, 5)
    np.testing.assert_array_equal(like, np.arange(15).reshape(3, 5))


@pytest.mark.parametrize("shape", [(1 << 45, 1 << 10), (1 << 62, 1 << 62)], ids=["2^55", "2^124"])
def test_more_memory_than_there_can_be(shape):
    with pytest.raises((MemoryError, ValueError)):
        empty(shape, np.float64)


@pytest.mark.parametrize("shape", [(-1,), (-3, 5), (-3, -(1 << 20))], ids=str)
def test_a_negative_size(shape):
    with pytest.raises(ValueError, match="negative"):
        empty(shape, np.float64)


def test_many_threads_share_the_pool():
    def work(thread):
        for i in range(200):
            array = empty((LARGE[0] + 1000 * (i % 3),), np.float64)
            array[...] = thread
            kept = array[1:]
            del array
            if not np.all(kept == thread):
                return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(work, range(THREADS)))
    blocks = [size for blocks in _buffers._pool.free.values() for size, *_ in blocks]
    assert held() == sum(blocks)
    assert len(blocks) <= 3 * THREADS


def test_arrays_alive_at_exit_say_nothing(run_python):
    done = run_python(
        "from dlarray.kernels import clear_pool, empty\n"
        "kept = empty((100_000,), 'f8')\n"
        "cycle = [empty((200_000,), 'f8')]\n"
        "cycle.append(cycle)\n"
        "clear_pool()\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
