"""Data: padding, labels, partitions, generated sets, readers."""

from .datastores import arrayDatastore, combine, transform
from .labels import categories, class_indices, confusionmat, onehotdecode, onehotencode
from .minibatchqueue import hasdata, minibatchqueue, partition, reset, shuffle
from .padding import padsequences
from .partitions import trainingPartitions
from .readers import DataFileError, read_csv, read_ts

__all__ = [
    "DataFileError",
    "arrayDatastore",
    "categories",
    "class_indices",
    "combine",
    "confusionmat",
    "hasdata",
    "minibatchqueue",
    "onehotdecode",
    "onehotencode",
    "padsequences",
    "partition",
    "read_csv",
    "read_ts",
    "reset",
    "shuffle",
    "trainingPartitions",
    "transform",
]
