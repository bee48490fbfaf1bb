"""Functions that change labels, order and size."""

from __future__ import annotations

from ... import array as dl
from .registry import ANY, Operand, Operation, Sample, one

_MATRIX = (Operand("", (3, 5)),)
_CUBE = (Operand("", (3, 5, 2)),)
_ROTATED = "its inverse"

OPERATIONS = (
    Operation(
        "dlarray",
        formats="the given one, in the order S C B T U; of a dlarray the labels are replaced",
        derivative="the inverse permutation",
        order=2,
        samples=(
            *one(dl.dlarray),
            Sample(lambda x: dl.dlarray(x, "TCB"), _CUBE),
            Sample(lambda x: dl.dlarray(x, "BCS"), (Operand("SCB"),)),
            Sample(lambda x: dl.dlarray(x, "C"), (Operand("", (1, 5)),)),
        ),
    ),
    Operation(
        "stripdims",
        formats="unformatted, in the order S C B T U or the given one",
        derivative="the inverse permutation; the same variable where nothing moves",
        order=2,
        samples=(
            *one(dl.stripdims),
            Sample(lambda x: dl.stripdims(x, "BTCS"), (Operand("SCB"),)),
            Sample(lambda x: dl.stripdims(x, "TSBCU"), (Operand("SCBT"),)),
        ),
    ),
    Operation(
        "permute",
        formats="the format of X; of formatted data only equal labels change places",
        derivative="the inverse permutation",
        order=2,
        samples=(
            Sample(lambda x: dl.permute(x, (2, 0, 1)), _CUBE),
            Sample(lambda x: dl.permute(x, (2, 0, 1)), _MATRIX),
            Sample(lambda x: dl.permute(x, (1, 0, 2, 3)), (Operand("SSCB"),)),
        ),
    ),
    Operation(
        "ipermute",
        formats="the format of X; of formatted data only equal labels change places",
        derivative="the permutation",
        order=2,
        samples=(
            Sample(lambda x: dl.ipermute(x, (2, 0, 1)), _CUBE),
            Sample(lambda x: dl.ipermute(x, (0, 2, 1)), (Operand("CUU"),)),
        ),
    ),
    Operation(
        "transpose",
        formats='unformatted or "UU", kept; two dimensions',
        derivative="the transpose",
        order=2,
        samples=one(dl.transpose, ("", "UU")),
    ),
    Operation(
        "ctranspose",
        formats='unformatted or "UU", kept; two dimensions',
        derivative="the conjugate transpose",
        order=2,
        samples=one(dl.ctranspose, ("", "UU")),
    ),
    Operation(
        "reshape",
        formats="any; the result is unformatted",
        derivative="the reshape back",
        order=2,
        samples=(
            Sample(lambda x: dl.reshape(x, 6, None), (Operand("SCB"),)),
            Sample(lambda x: dl.reshape(x, (2, 3, 5)), _CUBE),
        ),
    ),
    Operation(
        "flatten",
        formats="any; the result is an unformatted column",
        derivative="the reshape back",
        order=2,
        samples=one(dl.flatten),
    ),
    Operation(
        "squeeze",
        formats="the labels of dimensions of size other than 1; two dimensions stay",
        derivative="the reshape back",
        order=2,
        samples=(
            *one(dl.squeeze, ("", "CB")),
            Sample(dl.squeeze, (Operand("SCBT", (1, 3, 1, 7)),)),
            Sample(dl.squeeze, (Operand("SSCB", (5, 4, 1, 1)),)),
            Sample(dl.squeeze, (Operand("", (1, 1, 5)),)),
        ),
    ),
    Operation(
        "cat",
        formats="that of the formatted operands, which is one; past the last dimension U",
        derivative="the parts",
        order=2,
        samples=(
            Sample(lambda x, y: dl.cat("C", x, y), (Operand("SCB"), Operand("SCB"))),
            Sample(lambda x, y: dl.cat(2, x, y), (Operand("CB"), Operand("CB"))),
            Sample(lambda x, y: dl.cat(0, x, y), (Operand("CB"), Operand("", (5, 2)))),
        ),
    ),
    Operation(
        "horzcat",
        formats="that of the formatted operands, which is one",
        derivative="the parts",
        order=2,
        samples=(Sample(dl.horzcat, (Operand("CB"), Operand("CB", (3, 5)))),),
    ),
    Operation(
        "vertcat",
        formats="that of the formatted operands, which is one",
        derivative="the parts",
        order=2,
        samples=(Sample(dl.vertcat, (Operand("CB"), Operand("CB", (5, 2)))),),
    ),
    Operation(
        "flip",
        formats="the format of X, any",
        derivative=_ROTATED,
        order=2,
        samples=(*one(dl.flip), Sample(lambda x: dl.flip(x, "B"), (Operand("SCB"),))),
    ),
    Operation(
        "fliplr",
        formats="the format of X, any",
        derivative=_ROTATED,
        order=2,
        samples=one(dl.fliplr),
    ),
    Operation(
        "flipud",
        formats="the format of X, any",
        derivative=_ROTATED,
        order=2,
        samples=one(dl.flipud),
    ),
    Operation(
        "circshift",
        formats="the format of X, any",
        derivative=_ROTATED,
        order=2,
        samples=(
            *one(lambda x: dl.circshift(x, 1)),
            Sample(lambda x: dl.circshift(x, -2, "T"), (Operand("CBT"),)),
            Sample(lambda x: dl.circshift(x, [4, 0, -1]), (Operand("CBT"),)),
        ),
    ),
    Operation(
        "rot90",
        formats="unformatted",
        derivative=_ROTATED,
        order=2,
        samples=tuple(Sample(lambda x, k=k: dl.rot90(x, k), _CUBE) for k in range(-1, 3)),
    ),
    Operation(
        "repmat",
        formats="the format of X, any; counts for further dimensions add U",
        derivative="the sum over the copies",
        order=2,
        samples=(
            *one(lambda x: dl.repmat(x, 2, 1), ANY),
            Sample(lambda x: dl.repmat(x, (1, 2, 3)), (Operand("CB"),)),
            Sample(lambda x: dl.repmat(x, 2), (Operand("SC"),)),
        ),
    ),
    Operation(
        "repelem",
        formats="the format of X, any; counts for further dimensions add U",
        derivative="the sum over the copies",
        order=2,
        samples=(
            *one(lambda x: dl.repelem(x, 1, 2), ANY),
            Sample(lambda x: dl.repelem(x, 3), (Operand("", (1, 5)),)),
            Sample(lambda x: dl.repelem(x, [2, 0, 1], 2), (Operand("CB"),)),
        ),
    ),
)
