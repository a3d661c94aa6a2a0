"""Trained models, in memory and on disk."""

from sketchcell.model.folder import encode_weights, is_model_folder, load_model, save_model
from sketchcell.model.model import Model, ModelConfig, at_working_size

__all__ = [
    "Model",
    "ModelConfig",
    "at_working_size",
    "encode_weights",
    "is_model_folder",
    "load_model",
    "save_model",
]
