"""The package's generator, and keys drawn from it."""

import threading

import numpy as np
import pytest

import dlarray as dl
from dlarray.functions.random import draw_key, generator, keyed


def draw(n=3):
    return [int(draw_key()) for _ in range(n)]


# -- rng
# ------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_draws():
    dl.rng(5)
    first = draw()
    dl.rng(5)
    assert draw() == first


def test_other_seeds_give_other_draws():
    dl.rng(5)
    first = draw()
    dl.rng(6)
    assert not set(draw()) & set(first)


def test_draws_differ_and_have_64_bits():
    keys = draw(1000)
    assert len(set(keys)) == 1000
    assert 0 <= min(keys) and 2**63 < max(keys) < 2**64


def test_the_generator_is_pcg64():
    dl.rng(7)
    expected = np.random.Generator(np.random.PCG64(7)).standard_normal(3)
    np.testing.assert_array_equal(generator().standard_normal(3), expected)


def test_without_a_seed_a_script_draws_what_seed_0_gives(run_python):
    dl.rng(0)
    code = "from dlarray.functions.random import draw_key; print(int(draw_key()))"
    assert int(run_python(code).stdout) == draw_key()


@pytest.mark.parametrize("seed", [5, 5.0, np.int32(5)], ids=lambda s: type(s).__name__)
def test_whole_numbers_of_any_type_are_seeds(seed):
    dl.rng(5)
    first = draw()
    dl.rng(seed)
    assert draw() == first


@pytest.mark.parametrize("seed", [-1, 1.5, "shuffle", None, True], ids=str)
def test_a_seed_is_a_natural_number(seed):
    with pytest.raises(
        ValueError, match=rf"rng: seed must be an integer, at least 0; got {seed!r}"
    ):
        dl.rng(seed)


def test_numpys_own_generator_is_left_alone():
    before = repr(np.random.get_state())  # noqa: NPY002 - that very generator
    dl.rng(5)
    draw()
    assert repr(np.random.get_state()) == before  # noqa: NPY002


# -- keyed
# ------------------------------------------------------------------------------------------------


def keys_of(key, iteration, n=3):
    with keyed(key, iteration):
        return draw(n)


def test_keys_are_a_function_of_key_iteration_and_order():
    assert keys_of(1, 2) == keys_of(1, 2)
    assert keys_of(1, 2, 5)[:3] == keys_of(1, 2)


def test_all_keys_of_a_run_differ():
    drawn = [key for run in range(10) for i in range(20) for key in keys_of(run * 10**9, i, 5)]
    assert len(set(drawn)) == len(drawn)
    assert all(0 <= key < 2**64 for key in drawn)


def test_runs_with_neighbouring_keys_do_not_share_keys():
    first = {key for i in range(50) for key in keys_of(1, i)}
    second = {key for i in range(50) for key in keys_of(2, i)}
    assert not first & second


def test_keyed_does_not_touch_the_generator():
    dl.rng(5)
    expected = draw()
    dl.rng(5)
    keys_of(1, 2)
    assert draw() == expected


def test_keyed_ends_with_its_block_even_after_an_exception():
    dl.rng(5)
    expected = draw()
    dl.rng(5)
    with pytest.raises(KeyError), keyed(1, 2):
        raise KeyError
    assert draw() == expected


def test_nested_blocks_go_on_where_they_were():
    with keyed(1, 2):
        first = draw(1)
        with keyed(3, 4):
            inner = draw(1)
        second = draw(1)
    assert inner == keys_of(3, 4, 1)
    assert first + second == keys_of(1, 2, 2)


def test_keyed_holds_for_its_thread_only():
    found = []

    def other():
        dl.rng(5)
        found.extend(draw())

    with keyed(1, 2):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    dl.rng(5)
    assert found == draw()


def test_dropout_is_repeated_by_key_and_iteration():
    X = dl.dlarray(np.ones((10, 20)), "CB")

    def mask(key, iteration):
        with keyed(key, iteration):
            return dl.dropout(X, 0.5).extractdata()

    np.testing.assert_array_equal(mask(1, 2), mask(1, 2))
    assert (mask(1, 2) != mask(1, 3)).any()
