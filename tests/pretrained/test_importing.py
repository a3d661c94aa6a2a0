"""Files, folders and names become models; what is unknown is said."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from cpnet_weights import cpnet_state

from sketchcell.errors import SketchcellError
from sketchcell.families import get_family
from sketchcell.model import Model, ModelConfig
from sketchcell.networks import build_network
from sketchcell.pretrained.adapting import with_channels, with_diameter
from sketchcell.pretrained.catalogue import CATALOGUE
from sketchcell.pretrained.importing import import_file
from sketchcell.pretrained.resolve import resolve, resolving


@pytest.fixture
def model():
    params = get_family("flow").Params()
    return Model(
        ModelConfig("flow", params, "compact", 1, diameter=20.0, scale=2.0), build_network("compact", 1, 3)
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "weights"
    torch.save(cpnet_state(2, 3, 1), path)
    return path


def test_a_model_folder_is_loaded(model, tmp_path):
    model.save(tmp_path / "model")
    assert import_file(tmp_path / "model").model.config == model.config
    assert resolve(str(tmp_path / "model")).model.config == model.config
    assert resolve(str(tmp_path / "model"), diameter=10).model.config.scale == 4


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"layer.weight": torch.ones(4, 3)}, r"1 weights that begin with 'layer.weight' \(4, 3\)"),
        ({"W2": torch.ones(1), "encoder.pos_embed": torch.ones(1)}, r"Cellpose-SAM"),
    ],
)
def test_unknown_weights_are_described_with_what_is_known(state, says, tmp_path):
    torch.save(state, tmp_path / "cyto3")  # the name does not help
    with pytest.raises(SketchcellError, match=says + r".*give weights of: .*Cellpose 1–3 and Omnipose"):
        import_file(tmp_path / "cyto3")


def test_provenance_tells_the_file_but_not_where_it_was(file):
    provenance = import_file(file).model.config.provenance
    assert provenance["start"] == "weights"
    assert str(file.parent) not in str(provenance)


def test_size_and_channels_that_do_not_fit(model):
    assert with_diameter(model, 80).config.scale == 0.5
    model.config = replace(model.config, diameter=None)
    with pytest.raises(SketchcellError, match="know no size"):
        with_diameter(model, 80)
    assert with_channels(model, 1) is model
    with pytest.raises(SketchcellError, match=r"images with 1 channel\(s\), not 3"):
        with_channels(model, 3)
    with pytest.raises(SketchcellError, match="at least one channel"):
        with_channels(model, 0)


def test_a_name_is_downloaded_imported_and_described(host, cache, file, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    host.files["nuclei"] = file.read_bytes()
    entry = replace(CATALOGUE["nuclei"], address=host.url("nuclei"))
    monkeypatch.setitem(CATALOGUE, "nuclei", entry)
    steps = resolving("nuclei", diameter=34)
    done = []
    while True:
        try:
            done.append(next(steps).done)
        except StopIteration as end:
            imported = end.value
            break
    assert done[-1] == len(host.files["nuclei"])
    config = imported.model.config
    assert (config.diameter, config.scale) == (34, 0.5)  # the file says nothing of the 17 pixels it knows
    assert config.provenance["start"] == "nuclei"
    assert "non-commercial" in imported.notes[0]
    assert len(imported.notes) > 1
    assert (
        (cache / "nuclei.pth.sha256").read_text().startswith(hashlib.sha256(host.files["nuclei"]).hexdigest())
    )
    expected = import_file(file).model
    image = np.random.default_rng(0).random((32, 32)).astype(np.float32)
    same = Model(replace(config, scale=1.0), imported.model.network)
    np.testing.assert_array_equal(same.predict(image).values, expected.predict(image).values)


def test_what_learned_from_images_as_they_come_knows_no_size(cache, file, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    cache.mkdir()
    (cache / "bact_phase_cp.pth").write_bytes(file.read_bytes())
    imported = resolve("bact_phase_cp")
    assert imported.model.config.diameter is None
    assert imported.model.config.scale == 1
    with pytest.raises(SketchcellError, match="leave out the diameter"):
        resolve("bact_phase_cp", diameter=20)


def test_a_path_comes_before_a_name(file, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cyto3").write_bytes(b"not weights")
    with pytest.raises(SketchcellError, match="not a file of weights"):
        resolve("cyto3")


@pytest.mark.parametrize("word", ["folder/cyto3", "model.pth", "./cyto3"])
def test_a_path_that_is_not_there_is_no_name(word, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SketchcellError, match="no file or folder"):
        resolve(word)


def test_unknown_names_get_a_hint(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SketchcellError, match="did you mean 'cyto2'"):
        resolve("cyt2")
