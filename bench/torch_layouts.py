"""PyTorch's ways to compute on (batch, positions, channels): orders of memory, with and without
oneDNN.

Its 1-D functions run on (batch, channel, position) in that order of memory; on channels-last
memory there are only its 2-D functions, on images of height 1. A case is timed in every way, and
the fastest for the measure is what we are compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from .peers import Call


class Layout(NamedTuple):
    """An order of memory of (batch, channel, position), or of the same as an image of height 1."""

    name: str
    image: bool

    def tensor(self, array: np.ndarray) -> Any:
        """Of (B, T, C)."""
        import torch as t

        moved = t.tensor(np.ascontiguousarray(array.transpose(0, 2, 1)))
        return self.ordered(moved)

    def ordered(self, tensor: Any) -> Any:
        """Of (B, C, T): that, or an image in channels-last memory."""
        import torch as t

        if not self.image:
            return tensor.contiguous()
        return tensor.unsqueeze(2).contiguous(memory_format=t.channels_last)

    def array(self, tensor: Any) -> np.ndarray:
        """(B, T, C) of a result."""
        tensor = tensor.detach()
        return (tensor.squeeze(2) if self.image else tensor).permute(0, 2, 1).numpy()

    def sizes(self, n: int, other: int = 1) -> Any:
        """An option that 1-D functions take as (n,) and 2-D functions as (other, n)."""
        return (other, n) if self.image else (n,)


LAYOUTS = (Layout("channels first", False), Layout("channels last", True))


def ways() -> Iterator[tuple[str, Layout, Call]]:
    """Each layout with and without oneDNN: (name, layout, what to call before)."""
    for onednn in (True, False):
        for layout in LAYOUTS:
            yield f"{layout.name}{'' if onednn else ', no oneDNN'}", layout, _onednn(onednn)


def _onednn(enabled: bool) -> Call:
    import torch as t

    setter: Callable[[bool], None] = t._C._set_mkldnn_enabled
    return lambda: setter(enabled)
