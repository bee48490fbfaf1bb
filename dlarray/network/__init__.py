"""Networks: the graph of layers, their parameters in tables, initialization and calls."""

from .network import Usage, dlnetwork, initialize, resetState, summary, summary_text
from .run import forward, predict
from .table import ParameterTable, Table

__all__ = [
    "ParameterTable",
    "Table",
    "Usage",
    "dlnetwork",
    "forward",
    "initialize",
    "predict",
    "resetState",
    "summary",
    "summary_text",
]
