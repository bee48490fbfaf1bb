"""Kernels: arrays in, arrays out; NumPy and Numba, no labels, no tape.

`_jit` compiles and shares work among threads, `_lanes` holds the vector types, `_simd` what
kernels do with them, `_buffers` the memory.  A file without an underscore holds the drivers of one
subject, which allocate and choose sizes, and the kernels that they alone use.  Drivers take float32
or float64 arrays in any memory order and never write to them; sizes are checked by the caller.
"""

from ._buffers import (
    Array,
    clear_pool,
    empty,
    empty_like,
    memory_axes,
)
from ._jit import (
    all_shared,
    canonical,
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
    gelu_forward,
    gelu_grad,
    leakyrelu_forward,
    leakyrelu_grad,
    relu_forward,
    relu_grad,
    sigmoid_forward,
    sigmoid_grad,
    tanh_grad,
)
from .avgpool import (
    avgpool_forward,
    avgpool_grad,
)
from .batchnorm import (
    batch_statistics,
    batchnorm_backward,
    batchnorm_forward,
    batchnorm_sums,
)
from .convolution import (
    conv_forward,
    conv_forward_call,
    conv_grad_w,
    conv_grad_w_call,
    conv_grad_wb,
    conv_grad_x,
    conv_grad_x_call,
)
from .crosschannelnorm import (
    crosschannelnorm_backward,
    crosschannelnorm_forward,
)
from .crossentropy import (
    crossentropy_forward,
    crossentropy_grad,
)
from .dropout import (
    dropout,
)
from .elementwise import (
    erf,
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
from .maxpool import (
    max_axis,
    max_axis_grad,
    maxpool_forward,
    maxpool_grad,
    maxpool_pick,
)
from .reduce import (
    sum_axes,
)
from .softmax import (
    softmax_forward,
    softmax_grad,
)
from .update import (
    AdamStep,
    adam,
    rmsprop,
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
    "all_shared",
    "avgpool_forward",
    "avgpool_grad",
    "batch_statistics",
    "batchnorm_backward",
    "batchnorm_forward",
    "batchnorm_sums",
    "canonical",
    "clear_pool",
    "conv_forward",
    "conv_forward_call",
    "conv_grad_w",
    "conv_grad_w_call",
    "conv_grad_wb",
    "conv_grad_x",
    "conv_grad_x_call",
    "crosschannelnorm_backward",
    "crosschannelnorm_forward",
    "crossentropy_forward",
    "crossentropy_grad",
    "dropout",
    "dry_run",
    "empty",
    "empty_like",
    "erf",
    "gelu_forward",
    "gelu_grad",
    "groupnorm_backward",
    "groupnorm_forward",
    "layernorm_backward",
    "layernorm_forward",
    "leakyrelu_forward",
    "leakyrelu_grad",
    "max_axis",
    "max_axis_grad",
    "maxpool_forward",
    "maxpool_grad",
    "maxpool_pick",
    "memory_axes",
    "page_matmul",
    "relu_forward",
    "relu_grad",
    "rmsprop",
    "sgdm",
    "sigmoid_forward",
    "sigmoid_grad",
    "softmax_forward",
    "softmax_grad",
    "sum_axes",
    "tanh_grad",
]
