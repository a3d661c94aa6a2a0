"""Models on disk: a folder that describes itself, ``config.json`` beside ``weights.safetensors``."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from sketchcell.errors import SketchcellError
from sketchcell.families import get_family, params_from_dict, params_to_dict
from sketchcell.images import Normalization
from sketchcell.model.model import Model, ModelConfig
from sketchcell.model.package import CONFIG, WEIGHTS, read_package
from sketchcell.networks import Network, build_network, place

FORMAT = 1
_KEYS = {
    "format",
    "family",
    "channels",
    "params",
    "network",
    "network_options",
    "image_channels",
    "normalization",
    "scale",
    "diameter",
    "weights_sha256",
    "provenance",
}
_KINDS = {
    "family": str,
    "params": dict,
    "network": str,
    "network_options": dict,
    "normalization": dict,
    "weights_sha256": str,
    "provenance": dict,
}


def is_model_folder(path: str | os.PathLike[str]) -> bool:
    """Tell whether a folder holds a model of ours and nothing else."""
    folder = Path(path)
    try:
        if not {entry.name for entry in folder.iterdir()} <= {CONFIG, WEIGHTS}:
            return False
        described = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    # many programs keep a file of this name
    return isinstance(described, dict) and {"format", "family", "weights_sha256"} <= described.keys()


def save_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model folder; a model that is there is replaced in one move, anything else is left alone.

    A folder counts as a model only if it holds nothing but the two files of one: the old folder is removed.

    Raises
    ------
    SketchcellError
        When the path is taken by something else, or cannot be written.
    """
    folder = Path(path)
    files = encode_model(model)
    try:
        if folder.exists() and not is_model_folder(folder) and not _is_empty(folder):
            raise SketchcellError(
                f"'{folder}' is there already and is not a model, or holds other files; choose another name."
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise SketchcellError(f"The model cannot be saved at '{folder}': {error.strerror}.") from error
    try:
        for name, data in files.items():
            (fresh / name).write_bytes(data)
        _replace(fresh, folder)
    except OSError as error:
        raise SketchcellError(
            f"The model cannot be saved at '{folder}': {error.strerror}; nothing that was there has changed."
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def encode_model(model: Model) -> dict[str, bytes]:
    """Return the files of a model folder, by name."""
    config = model.config
    weights = encode_weights(model.network)
    described = {
        "format": FORMAT,
        "family": config.family,
        "channels": list(model.family.channels(config.params)),
        "params": params_to_dict(config.params),
        "network": config.network,
        "network_options": config.network_options,
        "image_channels": config.image_channels,
        "normalization": asdict(config.normalization),
        "scale": config.scale,
        "diameter": config.diameter,
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "provenance": config.provenance,
    }
    return {CONFIG: (json.dumps(described, indent=2) + "\n").encode(), WEIGHTS: weights}


def encode_weights(network: Network) -> bytes:
    """Return a network's weights as a file holds them."""
    return save({name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()})


def load_model(path: str | os.PathLike[str], device: str | torch.device = "cpu") -> Model:
    """Read a model: a folder, or a BioImage.IO package that this program made.

    Parameters
    ----------
    path
        Of the folder or the package.
    device
        Where the network goes.

    Raises
    ------
    SketchcellError
        When a file is missing or altered, or was written by a newer version.
    """
    where = Path(path)
    if where.is_file():
        return model_from_files(read_package(where), where, device)
    if not where.exists():
        raise SketchcellError(f"'{where}' is not a model: it does not exist.")
    if not (where / CONFIG).is_file():
        raise SketchcellError(f"'{where}' is not a model: there is no {CONFIG} in it.")
    return model_from_files({name: _read(where / name) for name in (CONFIG, WEIGHTS)}, where, device)


def model_from_files(
    files: Mapping[str, bytes], where: Path = Path("model"), device: str | torch.device = "cpu"
) -> Model:
    """Return the model that the files of a model folder describe.

    Parameters
    ----------
    files
        As from `encode_model`.
    where
        Where they are from, for errors.
    device
        Where the network goes.

    Raises
    ------
    SketchcellError
        When one is damaged, altered, or was written by a newer version.
    """
    described = _described(files[CONFIG], where / CONFIG)
    weights = _weights(files[WEIGHTS], where / WEIGHTS, described["weights_sha256"])
    family = get_family(described["family"])
    params = params_from_dict(family.Params, described["params"])
    if described["channels"] != list(family.channels(params)):
        raise SketchcellError(f"The model '{where}' has other maps than the family '{family.name}' has now.")
    config = ModelConfig(
        family=family.name,
        params=params,
        network=described["network"],
        network_options=described["network_options"],
        image_channels=_number(described, "image_channels", int),
        normalization=_normalization(described["normalization"]),
        scale=_number(described, "scale", float),
        diameter=None if described["diameter"] is None else _number(described, "diameter", float),
        provenance=dict(described["provenance"]),
    )
    network = build_network(
        config.network,
        config.image_channels,
        len(described["channels"]),
        family.learned,
        config.network_options,
    )
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise SketchcellError(
            f"The weights in '{where}' do not fit the network '{config.network}'."
        ) from error
    return Model(config, place(network, device))


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _replace(fresh: Path, folder: Path) -> None:
    """Put a finished folder in place of an old one, which is only removed when the new one stands."""
    fresh.chmod(0o755)
    if not folder.exists():
        fresh.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    folder.rename(old / folder.name)
    try:
        fresh.rename(folder)
    except OSError:
        (old / folder.name).rename(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        what = "'s weights" if path.name == WEIGHTS else ""
        raise SketchcellError(f"The model{what} '{path}' cannot be read: {error.strerror}.") from error


def _described(data: bytes, path: Path) -> dict[str, Any]:
    try:
        described = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise SketchcellError(f"The model's '{path}' is damaged; use another copy of the model.") from error
    if not isinstance(described, dict) or type(described.get("format")) is not int or described["format"] < 1:
        raise SketchcellError(f"The model's '{path}' is not a model description.")
    if described["format"] > FORMAT:
        raise SketchcellError(
            f"The model '{path.parent}' was written by a newer sketchcell; update to use it."
        )
    if set(described) != _KEYS:
        wrong = ", ".join(sorted(set(described) ^ _KEYS))
        raise SketchcellError(f"The model's '{path}' has missing or unknown entries: {wrong}.")
    if not all(isinstance(described[key], kind) for key, kind in _KINDS.items()):
        raise SketchcellError(f"The model's '{path}' is damaged; use another copy of the model.")
    return described


def _weights(data: bytes, path: Path, sha256: str) -> dict[str, torch.Tensor]:
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SketchcellError(
            f"The model's weights '{path}' were altered or damaged; use another copy of the model."
        )
    try:
        return load(data)
    except SafetensorError as error:
        raise SketchcellError(f"The model's weights '{path}' are not a safetensors file.") from error


def _number(described: dict[str, Any], key: str, kind: type[Any]) -> Any:
    value = described[key]
    fits = type(value) is int or (type(value) is float and kind is float)
    if not fits or not 0 < value < 1e6:
        raise SketchcellError(f"The model's {key} must be a positive number, not {value!r}.")
    return kind(value)


def _normalization(values: dict[str, Any]) -> Normalization:
    try:
        normalization = Normalization(**values)
    except TypeError as error:
        raise SketchcellError(f"The model's normalization is not understood: {values!r}.") from error
    if not isinstance(normalization.clahe, bool):
        raise SketchcellError(f"The model's normalization is not understood: {values!r}.")
    return normalization
