"""Files: saved networks."""

from .network import CheckpointError, loadNetwork, saveNetwork

__all__ = ["CheckpointError", "loadNetwork", "saveNetwork"]
