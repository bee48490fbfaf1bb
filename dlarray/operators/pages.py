"""Products of matrices, page by page: (pages..., rows, columns) with one or two page axes."""

from __future__ import annotations

from typing import Any

from .. import kernels
from ..formats import Axes
from ..tape import Array, operator, untraced
from .shape import fit, permute


@operator
def page_matmul(a: Array, b: Array, *, order: Axes | None = None) -> Array:
    """a @ b for every page; a page axis of size 1 is expanded.

    ``order`` lists the axes of the result from slowest to fastest in memory, rows or columns last.
    """
    return kernels.page_matmul(a, b, order)


@page_matmul.backward
def _(dy: Any, _y: Any, a: Any, b: Any, *, order: Axes | None = None) -> Any:
    return (
        lambda: fit(page_matmul(dy, transposed(b), order=_memory(a)), a),
        lambda: fit(page_matmul(transposed(a), dy, order=_memory(b)), b),
    )


def transposed(x: Any) -> Any:
    """The pages with rows and columns exchanged; a view."""
    n = x.ndim
    return permute(x, order=(*range(n - 2), n - 1, n - 2))


def _memory(x: Any) -> Axes | None:
    """The order in memory that a gradient of x gets, so that what made x can take it as it lies."""
    data = untraced(x)
    order = tuple(kernels.memory_axes(data))
    return order if order[-1] >= data.ndim - 2 else None
