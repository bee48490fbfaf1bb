"""What an accelerated function freezes at the first trace, and what it does not."""

import numpy as np
import pytest

import dlarray as dl
from tests.array.replays import assert_same, counted


def x_of(*values):
    return dl.dlarray(np.array(values), "C")


def test_branches_on_values_freeze():
    def signed(x):
        return x * 2 if dl.sum(x, "all").item() > 0 else x * 3

    accfun = counted(signed)
    assert accfun(x_of(1.0)).item() == 2
    assert accfun(x_of(-1.0)).item() == -2


@pytest.mark.parametrize(
    "read",
    [
        lambda x: x.item(),
        float,
        lambda x: x.extractdata(),
        lambda x: x.data,
        np.asarray,
        lambda x: dl.dlarray(dl.extractdata(x), "C"),
    ],
    ids=["item", "float", "extractdata", "data", "asarray", "dlarray of extractdata"],
)
def test_values_read_from_an_array_freeze(read):
    accfun = counted(lambda x: x * read(x))
    assert accfun(x_of(3.0)).item() == 9
    assert accfun(x_of(5.0)).item() == 15


def test_values_returned_by_extractdata_freeze():
    accfun = counted(lambda x: (x, dl.extractdata(x), x.item()))
    accfun(x_of(3.0))
    y, data, number = accfun(x_of(5.0))
    assert (y.item(), data.item(), number) == (5, 3, 3)


def test_captured_variables_freeze():
    factor, numbers = 2.0, np.array([[3.0]])
    accfun = counted(lambda x: x * factor + numbers)
    assert accfun(x_of(1.0)).item() == 5
    factor = 7.0
    numbers[...] = 100
    assert accfun(x_of(2.0)).item() == 7


def test_random_numbers_of_numpy_freeze(rng):
    accfun = counted(lambda x: x + rng.standard_normal())
    assert_same(accfun(x_of(1.0)), accfun(x_of(1.0)))


def test_side_effects_happen_at_the_first_trace():
    seen = []

    def function(x):
        seen.append(3)
        return x

    accfun = counted(function)
    for _ in range(3):
        accfun(x_of(1.0))
    assert seen == [3]


def test_a_changed_container_of_arguments_is_not_changed_again():
    def function(record):
        record["count"] += 1
        return record["x"]

    accfun = counted(function)
    for _ in range(2):
        record = {"x": x_of(1.0), "count": 0}
        accfun(record)
        assert record["count"] == 0


# -- what does not freeze
# ------------------------------------------------------------------------------------------------


def test_dropout_draws_anew_and_the_same_stream():
    accfun = counted(lambda x: dl.dropout(x, 0.5) + dl.dropout(x, 0.2))
    x = dl.dlarray(np.ones((20, 20)), "CB")
    accelerated = [accfun(x) for _ in range(3)]
    dl.rng(0)
    plain = [accfun.Function.function(x) for _ in range(3)]
    assert_same(accelerated, plain)
    assert (accelerated[0].data != accelerated[1].data).any()
    assert accfun.Function.calls == 1


def test_numbers_drawn_for_nothing_are_drawn():
    def function(x):
        dl.dropout(x, 0.5)
        return dl.dropout(x, 0.5)

    accfun = counted(function)
    x = dl.dlarray(np.ones((20, 20)), "CB")
    accelerated = [accfun(x) for _ in range(2)]
    dl.rng(0)
    assert_same(accelerated, [function(x) for _ in range(2)])


def test_assigning_by_a_constant_place_does_not_freeze():
    def function(x):
        x = x + 0
        x[0] = x[1] * 2
        return x

    accfun = counted(function)
    for values in ((1.0, 2.0), (3.0, 5.0)):
        assert_same(accfun(x_of(*values)), x_of(values[1] * 2, values[1]))
    assert accfun.Function.calls == 1


def outside(x):
    return dl.array.wrap(x._data * 2, x.fmt)


def test_an_array_computed_outside_dlarray_is_never_replayed():
    accfun = counted(outside)
    text = "runs without acceleration: an array was computed from others outside dlarray's op"
    with pytest.warns(RuntimeWarning, match=text):
        assert accfun(x_of(3.0)).item() == 6
    assert accfun(x_of(5.0)).item() == 10
    assert accfun.Function.calls == 2
    assert (accfun.HitRate, accfun.Occupancy) == (0.0, 2.0)


def test_an_operator_on_an_array_made_outside_is_never_replayed():
    accfun = counted(lambda x: dl.array.wrap(dl.operators.neg(x._data * 2), x.fmt))
    with pytest.warns(RuntimeWarning, match="neg takes an array that was made outside"):
        assert accfun(x_of(3.0)).item() == -6
    assert accfun(x_of(5.0)).item() == -10


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[x > 0],
        lambda x: dl.sum(x[x > 0, :]),
        lambda x: dl.plus(x, dl.linspace(0, x[0].item(), 2).T) + dl.colon(0, x[0])[0],
        lambda x: x[dl.find(x > 0)],
    ],
    ids=["mask", "mask of rows", "colon", "find"],
)
def test_sizes_that_depend_on_values_are_never_replayed(function):
    accfun = counted(function)
    with pytest.warns(RuntimeWarning, match="without acceleration: .* depends on values"):
        accfun(x_of(1.0, -1.0).stripdims())
    for values in ((2.0, 3.0), (5.0, -1.0)):
        x = x_of(*values).stripdims()
        assert_same(accfun(x), function(x))


def test_assigning_by_a_computed_mask_does_not_freeze():
    def clipped(x):
        x = x + 0
        x[x > 1] = 1
        x[x < -1] = dl.dlarray(-1.0)
        return x

    accfun = counted(clipped)
    for values in ((1.5, -3.0, 0.5), (0.0, 7.0, 8.0), (-9.0, -9.0, -9.0)):
        assert_same(accfun(x_of(*values)), clipped(x_of(*values)))
    assert accfun.Function.calls == 1


def test_picking_by_a_computed_index_does_not_freeze():
    def best(x):
        _, index = dl.max(x, dim="C", nargout=2)
        return x[index, :]

    accfun = counted(best)
    for values in ((1.5, -3.0, 0.5), (0.0, 7.0, 8.0)):
        assert_same(accfun(x_of(*values)), best(x_of(*values)))
    assert accfun.Function.calls == 1


def test_random_numbers_like_an_array_are_drawn_anew():
    def noisy(x):
        return x + dl.rand(dl.size(x), like=x)

    accfun = counted(noisy)
    accelerated = [accfun(x_of(1.0, 2.0)) for _ in range(3)]
    dl.rng(0)
    assert_same(accelerated, [noisy(x_of(1.0, 2.0)) for _ in range(3)])
    assert (accelerated[0].data != accelerated[1].data).all()
    assert accfun.Function.calls == 1
