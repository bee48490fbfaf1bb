"""How many threads compute: setNumThreads, getNumThreads, numThreads."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import pytest

import dlarray as dl
from dlarray.kernels._jit import workers

MOST = numba.config.NUMBA_NUM_THREADS
needs_threads = pytest.mark.skipif(MOST < 2, reason="Numba may use one thread only")


@pytest.fixture(autouse=True)
def restored():
    before = dl.getNumThreads()
    yield
    dl.setNumThreads(before)


def shared():
    """Among how many threads large work is shared."""
    return workers(flops=1e12)


def elsewhere(function):
    """What the function gives in a new thread of Python, when this one computes nothing."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


@needs_threads
def test_it_is_set_for_every_thread(monkeypatch):
    monkeypatch.setattr("dlarray.kernels.threads._CALLER_NS", 0)
    assert (dl.getNumThreads(), shared()) == (MOST, MOST)
    dl.setNumThreads(1)
    assert (dl.getNumThreads(), shared()) == (1, 1)
    assert (elsewhere(dl.getNumThreads), elsewhere(shared)) == (1, 1)
    dl.setNumThreads(2)
    assert (dl.getNumThreads(), shared()) == (2, 2)
    assert (elsewhere(dl.getNumThreads), elsewhere(shared)) == (2, 2)


@needs_threads
def test_a_block_holds_for_its_thread_and_ends(monkeypatch):
    monkeypatch.setattr("dlarray.kernels.threads._CALLER_NS", 0)
    dl.setNumThreads(MOST)
    with dl.numThreads(1):
        assert (dl.getNumThreads(), shared()) == (1, 1)
        assert elsewhere(shared) == MOST
        with dl.numThreads(2):
            assert (dl.getNumThreads(), shared()) == (2, 2)
        assert (dl.getNumThreads(), shared()) == (1, 1)
    assert (dl.getNumThreads(), shared()) == (MOST, MOST)
    with pytest.raises(KeyError), dl.numThreads(1):
        raise KeyError
    assert (dl.getNumThreads(), shared()) == (MOST, MOST)


@needs_threads
def test_one_object_serves_many_blocks(monkeypatch):
    """One after the other, in one another, in two threads that leave in the order they came."""
    monkeypatch.setattr("dlarray.kernels.threads._CALLER_NS", 0)
    block: Any = dl.numThreads(1)
    for _ in range(2):
        with block:
            assert shared() == 1
            with dl.numThreads(2), block:
                assert shared() == 1
            assert shared() == 1
        assert shared() == MOST
    inside, outside = threading.Event(), threading.Event()

    def other():
        with block:
            inside.set()
            assert outside.wait(60)
            return shared()

    with ThreadPoolExecutor(1) as pool:
        with block:
            found = pool.submit(other)
            assert inside.wait(60)
        assert shared() == MOST
        outside.set()
        assert found.result() == 1
    assert block(shared)() == 1  # as a decorator


@needs_threads
def test_what_is_set_in_a_block_holds_after_it():
    with dl.numThreads(2):
        dl.setNumThreads(1)
        assert (dl.getNumThreads(), shared()) == (2, 2)
    assert (dl.getNumThreads(), shared()) == (1, 1)


@needs_threads
def test_a_number_set_in_numba_holds_for_its_thread():
    shared()
    numba.set_num_threads(1)
    assert (dl.getNumThreads(), shared()) == (1, 1)
    dl.setNumThreads(2)
    assert (dl.getNumThreads(), shared()) == (2, 2)


@needs_threads
def test_a_caller_leaves_the_others_fewer_threads(monkeypatch):
    monkeypatch.setattr("dlarray.kernels.threads._CALLER_NS", 10**12)
    monkeypatch.setattr("dlarray.kernels.threads._calls", {})
    shared()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(shared).result()
        assert shared() == MOST - 1


@pytest.mark.parametrize("n", [0, -1, 1.5, math.nan, math.inf, "2", None, True, [2]])
@pytest.mark.parametrize("name", ["setNumThreads", "numThreads"])
def test_a_wrong_number(name, n: Any):
    with pytest.raises(ValueError, match=f"^{name}: n must be "):
        getattr(dl, name)(n)


@pytest.mark.parametrize("name", ["setNumThreads", "numThreads"])
def test_more_threads_than_there_are(name):
    with pytest.raises(ValueError, match=f"{name}: n must be at most {MOST}, .*NUMBA_NUM_THREADS"):
        getattr(dl, name)(MOST + 1)
