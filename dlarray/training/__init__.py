"""Training: options, the loop, metrics, prediction over data sets."""

from .info import Progress, TrainingInfo
from .loop import trainnet
from .options import TrainingOptions, TrainingOptionsADAM, TrainingOptionsSGDM, trainingOptions
from .prediction import minibatchpredict, scores2label, testnet

__all__ = [
    "Progress",
    "TrainingInfo",
    "TrainingOptions",
    "TrainingOptionsADAM",
    "TrainingOptionsSGDM",
    "minibatchpredict",
    "scores2label",
    "testnet",
    "trainingOptions",
    "trainnet",
]
