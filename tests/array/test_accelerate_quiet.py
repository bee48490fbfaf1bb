"""Replays do not warn, and run users' code in the context of the call."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import numpy as np
import pytest

import dlarray as dl
from dlarray.deep import DifferentiableFunction
from tests.array.replays import assert_same, counted

factor = ContextVar("factor", default=0.0)


class Scaled(DifferentiableFunction):
    """x times what the context says."""

    def forward(self, x):
        if factor.get() < 0:
            raise RuntimeError("a factor must not be negative")
        return dl.dlarray(x.extractdata() * factor.get(), x.fmt), 0

    def backward(self, dy, _memory):
        return dl.dlarray(dy.extractdata() * factor.get(), dy.fmt)


def loss(x):
    value = dl.sum(1 / x + dl.log(x) * 1e38 * x, "all")
    return value, dl.dlgradient(value, x)


def test_values_that_are_not_finite_do_not_warn():
    accfun = counted(loss)
    x = dl.dlarray(np.array([0, -1, 1e-30, 1e30], "f4"), "C")
    for _ in range(3):
        with np.errstate(all="raise"):
            found = dl.dlfeval(accfun, x)
            with pytest.raises(FloatingPointError):  # the caller's state is as it was
                np.float32(1) / np.float32(0)
        assert_same(found, dl.dlfeval(loss, x))
    assert accfun.Function.calls == 1


def test_replays_in_several_threads_do_not_warn():
    accfun = counted(loss)
    x = dl.dlarray(np.array([0, -1, 1e-30, 1e30], "f4"), "C")
    dl.dlfeval(accfun, x)

    def work(_):
        with np.errstate(all="raise"):
            return [dl.dlfeval(accfun, x) for _ in range(50)]

    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(work, range(4)):
            assert_same(found[-1], dl.dlfeval(loss, x))


def test_code_of_users_runs_in_the_context_of_the_call():
    def scaled(x):
        value = dl.sum(Scaled()(x), "all")
        return value, dl.dlgradient(value, x)

    accfun = counted(scaled)
    x = dl.dlarray(np.array([1.0, 2.0]), "C")
    for number in (2.0, 3.0, 5.0):
        token = factor.set(number)
        value, slope = dl.dlfeval(accfun, x)
        factor.reset(token)
        assert (value.item(), slope.data.ravel().tolist()) == (3 * number, [number, number])
    assert accfun.Function.calls == 1
    token = factor.set(-1.0)
    with pytest.raises(RuntimeError, match="must not be negative"):
        dl.dlfeval(accfun, x)
    factor.reset(token)
