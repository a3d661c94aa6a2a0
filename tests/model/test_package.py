"""Packages are read with care: only our two files, and nothing that is not as we write it."""

import io
import zipfile

import numpy as np
import pytest

from sketchcell.errors import SketchcellError
from sketchcell.model import encode_model, is_package, load_model
from sketchcell.pretrained.importing import import_file


@pytest.fixture
def package(make_model, tmp_path):
    def write(change=None, others=(), name="model.zip"):
        files = encode_model(make_model(scale=1.3, diameter=9.0))
        if change is not None:
            change(files)
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for inside, data in (*files.items(), *others):
                archive.writestr(inside, data)
        return tmp_path / name

    return write


def test_a_package_is_the_model(package, make_model, image):
    path = package(
        others=[("rdf.yaml", "type: model"), ("../../evil", "x"), ("model.pt", b"never looked at")]
    )
    model = make_model(scale=1.3, diameter=9.0)

    loaded = load_model(path)

    assert is_package(path)
    assert loaded.config == model.config
    assert np.array_equal(loaded.segment(image), model.segment(image))
    assert import_file(path).model.config == model.config
    assert {entry.name for entry in path.parent.iterdir()} == {"model.zip"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda files: files.pop("config.json"), "no config.json"),
        (lambda files: files.pop("weights.safetensors"), "no weights.safetensors"),
        (lambda files: files.update({"config.json": b"{}"}), "not a model description"),
        (lambda files: files.update({"weights.safetensors": b"other"}), "altered or damaged"),
        (lambda files: files.update({"config.json": b" " * 2**21}), "not as sketchcell writes it"),
        (lambda files: files.update({"weights.safetensors": bytes(2**24)}), "not as sketchcell writes it"),
    ],
)
def test_what_is_not_ours_is_refused(package, change, message):
    with pytest.raises(SketchcellError, match=message):
        load_model(package(change))


def test_two_of_a_name_are_refused(package, recwarn):
    with pytest.warns(UserWarning, match="Duplicate"):
        path = package(others=[("config.json", "{}")])

    with pytest.raises(SketchcellError, match="not as sketchcell writes it"):
        load_model(path)


def test_damaged_archives_are_refused(package, tmp_path):
    data = package().read_bytes()
    for number, broken in enumerate((b"", b"text", data[:-30], data[: len(data) // 2], _flipped(data))):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(broken)
        with pytest.raises(SketchcellError):
            load_model(path)
    assert not is_package(tmp_path / "0.zip")


def test_encrypted_and_strange_entries_are_refused(package, tmp_path):
    data = bytearray(package().read_bytes())
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"PK\x01\x02"))
    data[at + 8] |= 1  # the flag of an encrypted file
    (tmp_path / "locked.zip").write_bytes(bytes(data))

    with pytest.raises(SketchcellError, match="not as sketchcell writes it"):
        load_model(tmp_path / "locked.zip")


def test_an_entry_that_lies_about_its_size(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * 50_000)
        archive.writestr("weights.safetensors", b"")
    data = bytearray(buffer.getvalue())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    (tmp_path / "liar.zip").write_bytes(bytes(data))

    with pytest.raises(SketchcellError):
        load_model(tmp_path / "liar.zip")


def _flipped(data):
    middle = len(data) // 2
    return data[:middle] + bytes(64) + data[middle + 64 :]
