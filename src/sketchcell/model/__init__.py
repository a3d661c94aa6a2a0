"""Trained models, in memory and on disk."""

from sketchcell.model.folder import encode_weights, is_model_folder, load_model, save_model
from sketchcell.model.model import Model, ModelConfig

__all__ = ["Model", "ModelConfig", "encode_weights", "is_model_folder", "load_model", "save_model"]
