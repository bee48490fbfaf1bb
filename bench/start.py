"""Starting up, as whole processes: imports, and the first convolution with compiled kernels at
hand.

Each call starts a fresh interpreter and waits for it to end.
"""

from __future__ import annotations

import subprocess
import sys
from typing import NamedTuple

from .peers import TORCH, Peer, Prepared

MEASURES = ("whole process",)
COLUMNS = "what"
PEERS = (Peer("Numba", ("numba",), "numba"), TORCH)

OURS_CONV = """
import numpy as np, dlarray as dl
X = dl.dlarray(np.ones((8, 100, 3), "f4"), "BTC")
dl.dlconv(X, np.ones((5, 3, 16), "f4"), WeightsFormat="TCU")
"""
TORCH_CONV = """
import torch
torch.nn.functional.conv1d(torch.ones(8, 3, 100), torch.ones(16, 3, 5))
"""


class Case(NamedTuple):
    name: str
    ours: str
    peer: str

    @property
    def peers(self) -> tuple[str, ...]:
        return ("torch",) if "torch" in self.peer else ("numba",)

    def flops(self, measure: str) -> float:
        return 0.0


CASES = (
    Case("import dlarray, against import numba", "import dlarray", "import numba"),
    Case(
        "from dlarray import *, against import numba",
        "from dlarray import *",
        "import numba",
    ),
    Case("first dlconv, against PyTorch's first conv1d", OURS_CONV, TORCH_CONV),
)


def _calls(code: str) -> Prepared:
    def process() -> None:
        subprocess.run([sys.executable, "-c", code], check=True)

    return Prepared({MEASURES[0]: process}, list)


def ours(case: Case) -> Prepared:
    return _calls(case.ours)


def numba(case: Case) -> Prepared:
    return _calls(case.peer)


def torch(case: Case) -> Prepared:
    return _calls(case.peer)
