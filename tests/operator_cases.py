"""Operators with options and arguments, for the tests of their derivatives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dlarray import operators as ops
from dlarray.kernels import EXCLUDE_EDGE, INCLUDE_EDGE, REPLICATE, SCALAR, Geometry


def normal(rng, shape):
    return rng.standard_normal(shape)


def positive(rng, shape):
    return rng.uniform(0.5, 2.0, shape)


def below_1(rng, shape):
    return rng.uniform(0.3, 0.9, shape)


def apart(rng, shape):
    """Numbers of both signs, away from 0 and from each other."""
    n = int(np.prod(shape))
    return (rng.permutation(n).reshape(shape) - n // 2 + 0.3) / max(1, n)


def shares(rng, shape):
    return rng.uniform(0.1, 0.9, shape)


def whole_quotient_2(rng, shape):
    """Numbers for a dividend of 60 elements, or for a divisor of fewer."""
    return rng.uniform(0.6, 0.7, shape) if np.prod(shape) == 60 else rng.uniform(0.26, 0.28, shape)


TURN = np.asarray(3 - 2j)  # makes one real number of complex ones


@dataclass(frozen=True, eq=False)
class Case:
    """An operator with its options, and how its arguments are drawn."""

    operator: str
    shapes: Any
    options: dict[str, Any] = field(default_factory=dict)
    draw: Any = normal
    fixed: dict[int, Any] = field(default_factory=dict)  # arguments that are no variables

    def call(self, *arguments):
        for place, value in self.fixed.items():
            arguments = (*arguments[:place], value, *arguments[place:])
        result = getattr(ops, self.operator)(*arguments, **self.options)
        return (
            ops.real(ops.mul(result, TURN.astype(result.dtype)))
            if result.dtype.kind == "c"
            else result
        )

    def arguments(self, rng, dtype=np.float64):
        return [np.asarray(self.draw(rng, shape), dtype) for shape in self.shapes]


class BatchNorm(Case):
    """Batch normalization by the statistics of its data, which are no variable of their own."""

    def call(self, *arguments):
        axes: Any = {key: self.options[key] for key in ("outer", "channel")}
        stats = ops.batch_statistics(arguments[0], **axes)
        return ops.batchnorm(*arguments, stats, **self.options)


PAIRS = {
    "same": [(3, 4, 5), (3, 4, 5)],
    "both expand": [(3, 1, 5), (1, 4, 1)],
    "second expands": [(3, 4, 5), (1, 4, 1)],
    "second has no dimension": [(3, 4, 5), ()],
    "first has no dimension": [(), (3, 4, 5)],
}
PAIRWISE = {
    **dict.fromkeys(["add", "sub", "mul", "join"], normal),
    **dict.fromkeys(["div", "power", "hypot", "atan2"], positive),
    **dict.fromkeys(["maximum", "minimum", "where_nonzero"], apart),
}
QUOTIENTS = ("mod", "rem", "floor_divide")
UNARY = {
    **dict.fromkeys(["neg", "exp", "expm1", "tanh", "sigmoid", "sin", "cos", "tan"], normal),
    **dict.fromkeys(["sinh", "cosh", "sech", "asinh", "atan", "erf", "erfc"], normal),
    **dict.fromkeys(["conj", "real", "imag"], normal),
    **dict.fromkeys(["log", "log1p", "log2", "log10", "sqrt", "root"], positive),
    **dict.fromkeys(["sec", "csc", "cot", "csch", "coth", "gamma", "gammaln"], below_1),
    **dict.fromkeys(["sign", "absolute", "relu", "asin", "acos", "atanh"], apart),
    **dict.fromkeys(["ceil", "floor", "fix", "round_"], apart),
    "acosh": lambda rng, shape: 1 + positive(rng, shape),
}
GEOMETRIES = {
    "plain": Geometry(),
    "strided": Geometry(3, 1, 2, 1),
    "dilated": Geometry(1, 3, 3, 3),
    "both": Geometry(2, 3, 4, 2),
    "constant": Geometry(2, 1, 3, 2, SCALAR, 1.5),
    "include-edge": Geometry(1, 1, 3, 2, INCLUDE_EDGE),
    "exclude-edge": Geometry(2, 1, 3, 2, EXCLUDE_EDGE),
    "replicate": Geometry(1, 2, 3, 4, REPLICATE),
}
INDICES = {
    "slices": (slice(1, 3), slice(None), slice(None, None, -2)),
    "repeated": (np.array([2, 0, 2]), slice(None), slice(None)),
    "mask": (slice(None), np.array([True, False, True, True]), slice(None)),
    "two arrays": (np.array([0, 2]), slice(None), np.array([4, 4])),
}
ASSIGNED = {
    "slices": (INDICES["slices"], (2, 4, 3)),
    "slices, expanded": (INDICES["slices"], (2, 1, 3)),
    "slices, one number": (INDICES["slices"], ()),
    "array": ((slice(None), np.array([3, 1]), slice(None)), (3, 2, 5)),
    "repeated": ((np.array([2, 0, 2]), slice(None), slice(None)), (3, 4, 5)),
    "mask": (INDICES["mask"], (3, 3, 5)),
}
LAYERNORM_AXES = [((0,), (1,), 2), ((1,), (2,), 0), ((2, 0), (), 1), ((), (0, 2), 1)]


def biased(rng, shape):
    """Normal values; of vectors so far from 0 that the sign of what they are added to is theirs."""
    values = normal(rng, shape)
    return values + 30.0 * (-1.0) ** np.arange(shape[0]) if len(shape) == 1 else values


def conv_cases():
    plain: Any = {"x_axes": (0, 1, 2), "w_axes": (0, 1, 2)}
    shapes = [(2, 13, 3), (3, 3, 4)]
    for name, geometry in GEOMETRIES.items():
        yield f"conv, {name}", Case("conv", [*shapes, (4,)], {**plain, "geometry": (geometry,)})
    permuted: Any = {"x_axes": (1, 2, 0), "w_axes": (1, 2, 0), "geometry": (GEOMETRIES["both"],)}
    yield "conv, permuted", Case("conv", [(3, 2, 13), (4, 3, 3), (1, 4)], permuted)
    folded: Any = {
        "x_axes": (3, 1, 0, 2),
        "w_axes": (0, 1, 2),
        "geometry": (GEOMETRIES["strided"],),
    }
    yield "conv, two batch axes", Case("conv", [(13, 2, 3, 2), (3, 3, 4), (4, 1)], folded)
    grouped: Any = [
        (2, 7, 5, 4),
        (2, 3, 2, 3, 2),
        (6,),
    ]  # two groups
    for name in ("both", "constant", "exclude-edge"):
        moves = GEOMETRIES[name], Geometry(2, 1, 1, 2)._replace(mode=GEOMETRIES[name].mode)
        plane: Any = {"x_axes": (0, 1, 2, 3), "w_axes": (0, 1, 2, 4, 3), "geometry": moves}
        for operator in ("conv", "conv_relu"):
            yield f"{operator}, groups, {name}", Case(operator, grouped, plane, biased)
        out = tuple(move.out_length(n, k) for move, n, k in zip(moves, (7, 5), (2, 3), strict=True))
        slope = (2, *out, 6)
        of_x = {**plane, "sizes": (7, 5)}
        yield f"conv_grad_x, {name}", Case("conv_grad_x", [slope, grouped[1]], of_x)
        if name != "exclude-edge":
            operands = [slope, grouped[1], (4,)]
            yield f"transposed_conv, {name}", Case("transposed_conv", operands, of_x)
        of_w = {**plane, "shape": (2, 3, 2, 2, 3)}
        yield f"conv_grad_w, {name}", Case("conv_grad_w", [grouped[0], slope], of_w)


def batchnorm_cases(outer, channel):
    axes: Any = {"outer": outer, "channel": channel}
    n, where = (3, 4, 5)[channel], f"{outer} {channel}"
    yield f"batch_statistics, {where}", Case("batch_statistics", [(3, 4, 5)], axes)
    axes = {**axes, "epsilon": 1e-3}
    shapes = [(3, 4, 5), (1, n), (n, 1)]
    yield f"batchnorm, {where}", BatchNorm("batchnorm", shapes, axes)
    shapes = [*shapes, (n, 1), (1, n)]
    yield f"standardize, {where}", Case("standardize", shapes, axes, positive)
    window: Any = {"outer": outer, "channel": channel, "before": 1, "after": 2}
    for beta in (0.75, 2.0):
        options = {**window, "alpha": 0.3, "beta": beta, "k": 0.5}
        case = Case("crosschannelnorm", [(3, 4, 5)], options)
        yield f"crosschannelnorm, {where} {beta}", case


def make_cases():
    for name, draw in PAIRWISE.items():
        for kind, shapes in PAIRS.items():
            yield f"{name}, {kind}", Case(name, shapes, {}, draw)
    for name, draw in UNARY.items():
        yield name, Case(name, [(3, 4, 5)], {}, draw)
        yield f"{name}, no dimension", Case(name, [()], {}, draw)
    for name in QUOTIENTS:
        yield name, Case(name, [(3, 4, 5), (1, 4, 1)], {}, whole_quotient_2)
    yield "cast", Case("cast", [(3, 4)], {"dtype": np.float64})
    for axes in ((), (0,), (1,), (0, 2), (0, 1, 2)):
        yield f"total, {axes}", Case("total", [(3, 4, 5)], {"axes": axes})
        yield f"average, {axes}", Case("average", [(3, 4, 5)], {"axes": axes})
    for axis in range(3):
        yield f"largest, {axis}", Case("largest", [(3, 4, 5)], {"axis": axis}, apart)
        yield f"product, {axis}", Case("product", [(3, 4, 5)], {"axis": axis})
        yield f"softmax, {axis}", Case("softmax", [(3, 4, 5)], {"axis": axis})
        shapes = [tuple(n if i == axis else 3 for i in range(3)) for n in (2, 1, 4)]
        yield f"concatenate, {axis}", Case("concatenate", shapes, {"axis": axis})
    yield "permute", Case("permute", [(3, 4, 5)], {"order": (2, 0, 1)})
    yield "reshape", Case("reshape", [(3, 4, 5)], {"shape": (6, 10)})
    yield "reshape, sizes of 1", Case("reshape", [(3, 1, 5)], {"shape": (1, 3, 5, 1)})
    yield "expand", Case("expand", [(1, 4, 1)], {"shape": (3, 4, 5)})
    for name, index in INDICES.items():
        yield f"take, {name}", Case("take", [(3, 4, 5)], {"index": index})
    for name, (index, shape) in ASSIGNED.items():
        yield f"assign, {name}", Case("assign", [(3, 4, 5), shape], {"index": index})
    yield "matmul", Case("matmul", [(3, 4), (4, 5)])
    yield from make_page_cases()
    yield from make_normalization_cases()
    dropped: Any = {"probability": 0.4, "key": 7, "order": (2, 0, 1)}
    yield "leakyrelu", Case("leakyrelu", [(3, 4, 5)], {"scale": 0.3}, apart)
    for tanh in (False, True):
        yield f"gelu, {tanh}", Case("gelu", [(3, 4, 5)], {"tanh": tanh})
        pair: Any = [(3, 4, 5), (3, 4, 5)]
        yield f"crossentropy, {tanh}", Case("crossentropy", pair, {"multilabel": tanh}, shares)
    yield "dropout", Case("dropout", [(3, 4, 5)], dropped)
    yield from conv_cases()


def make_normalization_cases():
    for outer, inner, channel in LAYERNORM_AXES:
        options: Any = {"outer": outer, "inner": inner, "channel": channel, "epsilon": 1e-3}
        sizes = [(3, 4, 5), (1, (3, 4, 5)[channel]), (1, (3, 4, 5)[channel])]
        for groups in {1, (3, 4, 5)[channel]}:
            case = Case("groupnorm", sizes, {**options, "groups": groups})
            yield f"groupnorm, {outer} {inner} {channel} {groups}", case
        yield from batchnorm_cases((*outer, *inner), channel)


def make_page_cases():
    pages = {
        "same": [(2, 3, 4), (2, 4, 5)],
        "first expands": [(1, 3, 4), (2, 4, 5)],
        "second expands": [(2, 3, 4), (1, 4, 5)],
        "two axes": [(2, 1, 3, 4), (1, 3, 4, 5)],
    }
    for name, shapes in pages.items():
        yield f"page_matmul, {name}", Case("page_matmul", shapes)
    yield "page_matmul, order", Case("page_matmul", pages["same"], {"order": (1, 0, 2)})
    yield "transposed", Case("transposed", [(2, 3, 4)])
    yield "masked", Case("masked", [(2, 3)], {"value": 7.0}, fixed={1: np.array([[1, 0, 1]])})
    index = np.array([[[4, 0, 4, 4, 2]], [[1, 2, 0, 5, 4]]])
    yield "embed", Case("embed", [(3, 6)], {"order": (0, 2, 1)}, fixed={1: index})
    yield "embed, once", Case("embed", [(3, 6)], {"order": (1, 0)}, fixed={1: index[1]})
    keep = {0: np.array([[1, 0, 1, 0, 1]])}
    keep3 = {0: keep[0][None]}
    yield "choose", Case("choose", [(3, 4, 5), (1, 4, 1)], fixed=keep3)
    yield "choose, numbers", Case("choose", [(), (3, 5)], fixed=keep)
    places = np.array([[2, 0, 1, 2]])
    yield "pick", Case("pick", [(3, 4)], {"axis": 0}, fixed={1: places})


CASES = dict(make_cases())
