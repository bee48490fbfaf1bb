"""The tape: what is kept, and what is freed."""

import gc
import weakref

import numpy as np
import pytest

from dlarray.operators import concatenate, mul, neg
from dlarray.tape import GradientError, is_traced, operator, recording
from tests.tracing import RELEASED, leaf, slope, square


def test_a_node_keeps_no_array_that_its_rule_does_not_name():
    with recording() as tape:
        x = leaf(tape, np.ones(3))
        y = square(x)
        seen = weakref.ref(y.data)
        z = neg(y)
        del y
        assert seen() is None
        np.testing.assert_array_equal(slope(z, x)[0], [-2, -2, -2])


def test_a_node_keeps_no_part_of_a_list_that_its_rule_does_not_name():
    with recording() as tape:
        x = leaf(tape, np.ones(3))
        parts = [square(x), square(x), square(x)]
        seen = [weakref.ref(part.data) for part in parts]
        y = concatenate(*parts, axis=0)
        del parts
        assert [reference() for reference in seen] == [None] * 3
        np.testing.assert_array_equal(slope(y, x)[0], [6, 6, 6])


def test_a_node_keeps_what_its_rule_names():
    with recording() as tape:
        x = leaf(tape, np.ones(3))
        y = neg(x)
        seen = weakref.ref(y.data)
        z = square(y)
        del y
        assert seen() is not None
        np.testing.assert_array_equal(slope(z, x)[0], [2, 2, 2])


@pytest.mark.parametrize(
    ("raised", "text"),
    [
        ("conv_grad_x: there is not enough memory for the result of 2×3 float64. Take a part.",
         "there is not enough memory for the result of 2×3 float64. Take a part."),
        ("17 bytes", "there is not enough memory for the gradients. Take a part of the data at a "
         "time."),
    ],
)  # fmt: skip
def test_missing_memory_of_a_rule_names_the_public_function(raised, text):
    @operator
    def large(x):
        """Its rule needs much memory."""
        return x

    @large.backward
    def _(_dy, _y, _x):
        raise MemoryError(raised)

    with recording() as tape:
        x = leaf(tape, np.ones(3))
        with pytest.raises(MemoryError) as caught:
            slope(large(x), x)
    assert str(caught.value) == f"dlgradient: {text}"


def test_a_node_dies_when_nothing_leads_to_it():
    with recording() as tape:
        x = leaf(tape, np.ones(3))
        y = square(neg(x))
        node, inner = weakref.ref(y.node), weakref.ref(y.node.parents[0])
        del y
        assert (node(), inner()) == (None, None)


def test_a_long_loop_leaves_no_places_of_nodes_that_are_gone():
    with recording() as tape:
        x = leaf(tape, np.ones(3))
        kept = [neg(x) for _ in range(10)]
        for _ in range(5000):
            neg(x)
        assert len(tape._nodes) < 1100
        alive = [reference() for reference in tape._nodes]
        assert all(any(node is y.node for node in alive) for y in kept)
    assert all(y.node.arguments is None and y.node.parents == () for y in kept)


def test_a_value_carried_out_of_a_call_holds_only_its_own_memory():
    with recording() as tape:
        x = leaf(tape, np.ones(3))
        middle = neg(x)
        y = square(middle)
        arrays = [weakref.ref(value.data) for value in (x, middle)]
        nodes = [weakref.ref(value.node) for value in (x, middle)]
        del x, middle
    assert [seen() for seen in arrays + nodes] == [None] * 4
    np.testing.assert_array_equal(y.data, [1, 1, 1])
    assert not is_traced(y)


def test_the_gradient_of_a_value_carried_out_is_an_error():
    with recording() as tape:
        x = leaf(tape, np.ones(3))
        y = square(x)
    with pytest.raises(GradientError, match=RELEASED):
        slope(y, x)


def test_a_value_carried_out_is_a_constant_of_the_next_call():
    with recording() as tape:
        kept = square(leaf(tape, [3.0]))
    with recording() as tape:
        x = leaf(tape, [2.0])
        np.testing.assert_array_equal(slope(mul(kept, x), x)[0], [9])
        assert type(square(kept)) is np.ndarray


def test_gradients_can_be_taken_again():
    with recording() as tape:
        x = leaf(tape, [3.0])
        y = square(square(x))
        np.testing.assert_array_equal(slope(y, x)[0], slope(y, x)[0])


def test_free_drops_what_a_node_kept_as_soon_as_it_was_used():
    alive = []

    @operator
    def watched(x):
        return x + 0

    @watched.backward
    def _(dy, _y, _x):
        gc.collect()
        alive.append(seen() is not None)
        return (dy,)

    for free in (False, True):
        with recording() as tape:
            x = leaf(tape, np.ones(3))
            middle = watched(x)
            seen = weakref.ref(middle.data)
            y = square(middle)
            del middle
            np.testing.assert_array_equal(slope(y, x, free=free)[0], [2, 2, 2])
    assert alive == [True, False]


def test_a_freed_value_cannot_be_differentiated_again():
    with recording() as tape:
        x = leaf(tape, [3.0])
        y = square(x)
        slope(y, x, free=True)
        with pytest.raises(GradientError, match=RELEASED):
            slope(y, x)


def test_a_value_that_leads_through_a_freed_one_cannot_either():
    with recording() as tape:
        x = leaf(tape, [3.0])
        y = square(x)
        z = neg(y)
        slope(y, x, free=True)
        with pytest.raises(GradientError, match=RELEASED):
            slope(z, x)


def test_free_leaves_other_branches_alone():
    with recording() as tape:
        x = leaf(tape, [3.0])
        y, z = square(x), square(neg(x))
        slope(y, x, free=True)
        np.testing.assert_array_equal(slope(z, x)[0], [6])
