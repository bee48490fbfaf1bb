"""Kernels: arrays in, arrays out; NumPy and Numba, no labels, no tape.

`_jit` compiles and shares work among threads, `_simd` holds the vector types, `_buffers` the
memory.  One file per operator holds its kernels and the drivers that allocate and choose sizes.
Drivers take float32 or float64 arrays in any memory order and never write to them; sizes are
checked by the caller.
"""

from ._buffers import (
    Array,
    clear_pool,
    empty,
    empty_like,
    memory_axes,
)
from ._jit import (
    dry_run,
)
from ._window import (
    EXCLUDE_EDGE,
    INCLUDE_EDGE,
    REPLICATE,
    SCALAR,
    Geometry,
)
from .activation import (
    relu_forward,
    relu_grad,
)
from .batchnorm import (
    batch_statistics,
    batchnorm_backward,
    batchnorm_forward,
    batchnorm_sums,
)
from .conv1d import (
    conv1d_forward,
    conv1d_grad_w,
    conv1d_grad_x,
)
from .crosschannelnorm import (
    crosschannelnorm_backward,
    crosschannelnorm_forward,
)
from .dropout import (
    dropout,
)
from .groupnorm import (
    groupnorm_backward,
    groupnorm_forward,
)
from .layernorm import (
    layernorm_backward,
    layernorm_forward,
)
from .matmul import (
    page_matmul,
)
from .pool import (
    max_axis,
    max_axis_grad,
)
from .reduce import (
    sum_axes,
)
from .softmax import (
    softmax_forward,
)
from .update import (
    AdamStep,
    adam,
    sgdm,
)

__all__ = [
    "EXCLUDE_EDGE",
    "INCLUDE_EDGE",
    "REPLICATE",
    "SCALAR",
    "AdamStep",
    "Array",
    "Geometry",
    "adam",
    "batch_statistics",
    "batchnorm_backward",
    "batchnorm_forward",
    "batchnorm_sums",
    "clear_pool",
    "conv1d_forward",
    "conv1d_grad_w",
    "conv1d_grad_x",
    "crosschannelnorm_backward",
    "crosschannelnorm_forward",
    "dropout",
    "dry_run",
    "empty",
    "empty_like",
    "groupnorm_backward",
    "groupnorm_forward",
    "layernorm_backward",
    "layernorm_forward",
    "max_axis",
    "max_axis_grad",
    "memory_axes",
    "page_matmul",
    "relu_forward",
    "relu_grad",
    "sgdm",
    "softmax_forward",
    "sum_axes",
]
