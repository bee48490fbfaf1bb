"""Deep-learning functions: they check, resolve labels into axes, and call operators."""

from .activation import (
    dropout,
    gelu,
    leakyrelu,
    relu,
    sigmoid,
    softmax,
)
from .attention import (
    attention,
)
from .convolution import (
    dlconv,
)
from .embed import (
    embed,
)
from .lbfgs import (
    LBFGSState,
    lbfgsState,
    lbfgsupdate,
)
from .linear import (
    fullyconnect,
)
from .losses import (
    crossentropy,
    huber,
    indexcrossentropy,
    l1loss,
    l2loss,
    mse,
)
from .normalization import (
    crosschannelnorm,
    groupnorm,
    instancenorm,
    layernorm,
)
from .normalization_batch import (
    batchnorm,
)
from .pool import (
    avgpool,
    maxpool,
)
from .random import (
    rng,
)
from .threads import (
    getNumThreads,
    numThreads,
    setNumThreads,
)
from .transposed_convolution import (
    dltranspconv,
)
from .unpool import (
    maxunpool,
)
from .update import (
    adamupdate,
    dlupdate,
    rmspropupdate,
    sgdmupdate,
)

__all__ = [
    "LBFGSState",
    "adamupdate",
    "attention",
    "avgpool",
    "batchnorm",
    "crosschannelnorm",
    "crossentropy",
    "dlconv",
    "dltranspconv",
    "dlupdate",
    "dropout",
    "embed",
    "fullyconnect",
    "gelu",
    "getNumThreads",
    "groupnorm",
    "huber",
    "indexcrossentropy",
    "instancenorm",
    "l1loss",
    "l2loss",
    "layernorm",
    "lbfgsState",
    "lbfgsupdate",
    "leakyrelu",
    "maxpool",
    "maxunpool",
    "mse",
    "numThreads",
    "relu",
    "rmspropupdate",
    "rng",
    "setNumThreads",
    "sgdmupdate",
    "sigmoid",
    "softmax",
]
