"""Data: padding, labels, partitions, generated sets, readers."""

from .labels import categories, class_indices, confusionmat, onehotdecode, onehotencode
from .padding import padsequences
from .partitions import trainingPartitions
from .readers import DataFileError, read_csv, read_ts

__all__ = [
    "DataFileError",
    "categories",
    "class_indices",
    "confusionmat",
    "onehotdecode",
    "onehotencode",
    "padsequences",
    "read_csv",
    "read_ts",
    "trainingPartitions",
]
