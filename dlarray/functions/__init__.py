"""Deep-learning functions: they check, resolve labels into axes, and call operators."""

from .activation import (
    dropout,
    relu,
    sigmoid,
    softmax,
)
from .convolution import (
    dlconv,
)
from .lbfgs import (
    LBFGSState,
    lbfgsState,
    lbfgsupdate,
)
from .linear import (
    fullyconnect,
)
from .loss import (
    crossentropy,
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
from .random import (
    rng,
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
    "batchnorm",
    "crosschannelnorm",
    "crossentropy",
    "dlconv",
    "dlupdate",
    "dropout",
    "fullyconnect",
    "groupnorm",
    "instancenorm",
    "layernorm",
    "lbfgsState",
    "lbfgsupdate",
    "relu",
    "rmspropupdate",
    "rng",
    "sgdmupdate",
    "sigmoid",
    "softmax",
]
