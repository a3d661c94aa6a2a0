"""Trained models, in memory and on disk."""

from sketchcell.model.folder import (
    encode_model,
    encode_weights,
    is_model_folder,
    load_model,
    model_from_files,
    save_model,
)
from sketchcell.model.model import Model, ModelConfig, at_working_size
from sketchcell.model.package import is_package

__all__ = [
    "Model",
    "ModelConfig",
    "at_working_size",
    "encode_model",
    "encode_weights",
    "is_model_folder",
    "is_package",
    "load_model",
    "model_from_files",
    "save_model",
]
