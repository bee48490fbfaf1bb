"""`attention`: values against loops over observations and heads, masks, layouts, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import dlarray as dl
from dlarray.testing import TOLERANCES
from tests import naive
from tests.golden import Stream

relaxed = settings(deadline=None)

HEADS, BATCH, QUERIES, KEYS, CHANNELS, VALUES = 3, 2, 7, 5, 6, 9


def draw(rng, dtype=np.float64) -> Three:
    """Queries, keys and values as channels × observations × sequence."""
    sizes = (CHANNELS, BATCH, QUERIES), (CHANNELS, BATCH, KEYS), (VALUES, BATCH, KEYS)
    return three(rng.standard_normal(shape).astype(dtype) for shape in sizes)


def reference(q, k, v, heads=HEADS, scale=None, seen=None, factor=None):
    """y and weights, head by head; ``seen`` and ``factor`` are (observations, keys, queries)."""
    q, k, v = (np.asarray(x, float) for x in (q, k, v))
    depth, width = k.shape[0] // heads, v.shape[0] // heads
    scale = 1 / np.sqrt(depth) if scale is None else scale
    y = np.zeros((v.shape[0], *q.shape[1:]))
    weights = np.zeros((k.shape[2], q.shape[2], heads, q.shape[1]))
    for h in range(heads):
        for b in range(q.shape[1]):
            rows = slice(h * depth, (h + 1) * depth)
            scores = scale * k[rows, b].T @ q[rows, b]
            if factor is not None:
                scores = scores * factor[b]
            hidden = np.zeros(scores.shape, bool) if seen is None else ~seen[b].astype(bool)
            scores[hidden] = -1e300
            a = np.where(hidden, 0, naive.softmax(scores, 0))
            weights[:, :, h, b] = a
            out = slice(h * width, (h + 1) * width)
            y[out, b] = v[out, b] @ a
    return y, weights


Three = tuple[Any, Any, Any]


def three(arrays) -> Three:
    q, k, v = arrays
    return q, k, v


def labelled(arrays, fmt="CBT") -> Three:
    return three(dl.dlarray(array, fmt) for array in arrays)


def assert_holds(result, want, fmt="CBT", atol=1e-12):
    Y, weights = result
    assert (dl.dims(Y), Y.shape) == (fmt, want[0].shape)
    assert (dl.dims(weights), weights.shape) == ("", want[1].shape)
    np.testing.assert_allclose(Y.data, want[0], rtol=0, atol=atol)
    np.testing.assert_allclose(weights.data, want[1], rtol=0, atol=atol)


# -- golden rows


def test_sizes_and_formats():
    stream = Stream()
    Q = dl.dlarray(stream.rand(100, 32, 64), "CBT")
    K, V = stream.rand(100, 32, 80), stream.rand(120, 32, 80)
    Y, weights = dl.attention(Q, K, V, 5, nargout=2)
    assert (dl.dims(Y), Y.shape) == ("CBT", (120, 32, 64))
    assert (dl.dims(weights), weights.shape) == ("", (80, 64, 5, 32))
    np.testing.assert_allclose(weights.data.sum(0), 1)


def test_one_query_of_two_keys():
    Q, K, V = dl.dlarray([[1], [0]], "CT"), [[1, 0], [0, 1]], [[10, 20]]
    Y, weights = dl.attention(Q, K, V, 1, nargout=2)
    np.testing.assert_allclose(weights.data.ravel(), [0.669761553, 0.330238447], atol=1e-9)
    assert abs(Y.item() - 13.302384507) < 1e-7


# -- values


@pytest.mark.parametrize("heads", [1, 3])
@pytest.mark.parametrize("dtype", TOLERANCES, ids=lambda d: d.__name__)
def test_matches_the_reference(heads, dtype, rng):
    arrays = draw(rng, dtype)
    result = dl.attention(*labelled(arrays), heads, nargout=2)
    assert result[0].dtype == result[1].dtype == dtype
    assert_holds(result, reference(*arrays, heads=heads), atol=50 * TOLERANCES[dtype])
    alone = dl.attention(*labelled(arrays), heads)
    assert isinstance(alone, dl.dlarray)
    np.testing.assert_array_equal(alone.data, result[0].data)


@pytest.mark.parametrize(
    ("fmt", "order"), [("SCB", (2, 0, 1)), ("CBT", (0, 1, 2))], ids=["SCB", "CBT"]
)
def test_space_and_time(fmt, order, rng):
    arrays = draw(rng)
    y, weights = reference(*arrays)
    moved = labelled([a.transpose(order) for a in arrays], fmt)
    assert_holds(dl.attention(*moved, HEADS, nargout=2), (y.transpose(order), weights), fmt)


@pytest.mark.parametrize(("fmt", "order"), [("CT", (0, 1)), ("SC", (1, 0))], ids=["CT", "SC"])
def test_no_observations(fmt, order, rng):
    arrays = [a[:, :1] for a in draw(rng)]
    y, weights = reference(*arrays)
    moved = labelled([a[:, 0].transpose(order) for a in arrays], fmt)
    want = y[:, 0].transpose(order), weights
    assert_holds(dl.attention(*moved, HEADS, nargout=2), want, fmt)


@relaxed
@given(st.permutations("CBT"), st.booleans())
def test_unformatted_data_in_any_order(order, plain):
    arrays = draw(np.random.default_rng(0))
    axes = ["CBT".index(label) for label in order]
    moved = three(a.transpose(axes) for a in arrays)
    moved = moved if plain else labelled(moved, "")
    y, weights = reference(*arrays)
    result = dl.attention(*moved, HEADS, DataFormat="".join(order), nargout=2)
    assert_holds(result, (y.transpose(axes), weights), "")


def test_keys_and_values_without_labels_have_those_of_the_queries(rng):
    q, k, v = draw(rng)
    result = dl.attention(dl.dlarray(q, "CBT"), k, dl.dlarray(v), HEADS, nargout=2)
    assert_holds(result, reference(q, k, v))


@pytest.mark.parametrize("scale", [0.3, 2, np.float32(0.5), -1], ids=str)
def test_scale(scale, rng):
    arrays = draw(rng)
    result = dl.attention(*labelled(arrays), HEADS, Scale=scale, nargout=2)
    assert_holds(result, reference(*arrays, scale=float(scale)))


def test_large_scores_stay_finite(rng):
    arrays = [1e4 * a for a in draw(rng, np.float32)]
    assert np.isfinite(dl.attention(*labelled(arrays), HEADS, AttentionMask="causal").data).all()


def test_single_wins(rng):
    q, k, v = draw(rng)
    assert dl.attention(*labelled([q, k.astype("f4"), v]), HEADS).dtype == np.float32


# -- masks


def per_observation(mask):
    return np.broadcast_to(mask, (BATCH, KEYS, QUERIES))


@pytest.mark.parametrize("name", ["causal", "Causal"])
def test_a_query_sees_no_later_key(name, rng):
    arrays = draw(rng)
    seen = per_observation(np.arange(KEYS)[:, None] <= np.arange(QUERIES))
    result = dl.attention(*labelled(arrays), HEADS, AttentionMask=name, nargout=2)
    assert_holds(result, reference(*arrays, seen=seen))
    assert not result[1].data[1:, 0].any()


@pytest.mark.parametrize("kind", [np.asarray, dl.dlarray, np.ndarray.tolist])
def test_a_logical_mask_hides_keys(kind, rng):
    arrays = draw(rng)
    seen = rng.uniform(size=(KEYS, QUERIES)) < 0.6
    seen[:, 2] = False
    result = dl.attention(*labelled(arrays), HEADS, AttentionMask=kind(seen), nargout=2)
    assert_holds(result, reference(*arrays, seen=per_observation(seen)))
    assert not result[0].data[:, :, 2].any()


@pytest.mark.parametrize("kind", ["f8", "f4", "i8"])
def test_a_mask_of_numbers_multiplies_the_scores(kind, rng):
    arrays = draw(rng)
    factor = rng.integers(-2, 3, (KEYS, QUERIES)).astype(kind)
    result = dl.attention(*labelled(arrays), HEADS, AttentionMask=factor, nargout=2)
    assert result[0].dtype == np.float64
    assert_holds(result, reference(*arrays, factor=per_observation(factor)))


@pytest.mark.parametrize("kind", [bool, float], ids=["logical", "numbers"])
@pytest.mark.parametrize("form", ["formatted", "unformatted", "DataFormat", "one for all"])
def test_padding_is_hidden(form, kind, rng):
    arrays = draw(rng)
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])[None].astype(kind)
    options: dict[str, Any] = {"PaddingMask": dl.dlarray(mask, "CBT")}
    inputs = labelled(arrays)
    if form == "unformatted":
        options = {"PaddingMask": mask}
    if form == "DataFormat":
        inputs = three(a.transpose(2, 1, 0) for a in arrays)
        options = {"PaddingMask": mask.transpose(2, 1, 0), "DataFormat": "TBC"}
    if form == "one for all":
        mask = np.repeat(mask[:, 1:], 2, 1)
        options = {"PaddingMask": dl.dlarray(mask[:, :1], "CBT")}
    seen = np.broadcast_to(mask[0][..., None] != 0, (BATCH, KEYS, QUERIES))
    y, weights = reference(*arrays, seen=seen)
    got, got_weights = dl.attention(*inputs, HEADS, **options, nargout=2)
    turned = y.transpose(2, 1, 0) if form == "DataFormat" else y
    np.testing.assert_allclose(got.data, turned, atol=1e-12)
    np.testing.assert_allclose(got_weights.data, weights, atol=1e-12)


def test_what_is_hidden_does_not_count_even_if_it_is_nan(rng):
    q, k, v = draw(rng)
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], bool)[None]
    clean = dl.attention(*labelled([q, k, v]), HEADS, PaddingMask=mask)
    k[:, 1, 3:], v[:, 1, 3:] = np.nan, 99
    np.testing.assert_array_equal(
        dl.attention(*labelled([q, k, v]), HEADS, PaddingMask=mask).data, clean.data
    )


def test_nothing_to_see_gives_zeros_and_finite_slopes(rng):
    mask = np.array([[1, 1, 1, 1, 1], [0, 0, 0, 0, 0]], bool)[None]

    def slopes(q, k, v):
        Y = dl.attention(q, k, v, HEADS, PaddingMask=mask, AttentionMask="causal")
        return Y, dl.dlgradient(dl.sum(Y * Y, "all"), [q, k, v])

    Y, found = dl.dlfeval(slopes, *labelled(draw(rng)))
    assert not Y.data[:, 1].any()
    assert all(np.isfinite(g.data).all() and not g.data[:, 1].any() for g in found)


# -- dropout


def test_dropout_zeroes_weights_and_scales_the_others(rng):
    arrays = [rng.standard_normal((6, 8, 16)) for _ in range(3)]
    Y, weights = dl.attention(*labelled(arrays), 2, DropoutProbability=0.25, nargout=2)
    _, plain = dl.attention(*labelled(arrays), 2, nargout=2)
    kept = weights.data != 0
    assert 0.7 < kept.mean() < 0.8
    np.testing.assert_allclose(weights.data[kept], plain.data[kept] / 0.75)
    want = np.einsum("kqhb,chbk->chbq", weights.data, arrays[2].reshape(3, 2, 8, 16, order="F"))
    np.testing.assert_allclose(Y.data, want.reshape(6, 8, 16, order="F"), atol=1e-12)


def test_the_generator_decides_the_dropout(rng):
    arrays = labelled(draw(rng))

    def drawn(**options):
        return dl.attention(*arrays, HEADS, DropoutProbability=0.5, **options).data

    first = drawn(rng=np.random.default_rng(5))
    np.testing.assert_array_equal(drawn(rng=np.random.default_rng(5)), first)
    assert not np.array_equal(drawn(rng=np.random.default_rng(6)), first)
    dl.rng(1)
    ours = drawn()
    assert not np.array_equal(drawn(), ours)
    dl.rng(1)
    np.testing.assert_array_equal(drawn(), ours)


def test_no_dropout_draws_nothing(rng):
    arrays = labelled(draw(rng))
    generator = np.random.default_rng(5)
    dl.attention(*arrays, HEADS, rng=generator)
    assert generator.random() == np.random.default_rng(5).random()


@pytest.mark.parametrize("shapes", [((6, 0, 7), (6, 0, 5)), ((6, 2, 0), (6, 2, 5))], ids=str)
def test_sizes_of_zero(shapes):
    Q, K = (dl.dlarray(np.ones(shape), "CBT") for shape in shapes)
    assert dl.attention(Q, K, K, HEADS).shape == shapes[0]
