"""Trained models, in memory and on disk."""

from sketchcell.model.folder import is_model_folder, load_model, save_model
from sketchcell.model.model import Model, ModelConfig

__all__ = ["Model", "ModelConfig", "is_model_folder", "load_model", "save_model"]
