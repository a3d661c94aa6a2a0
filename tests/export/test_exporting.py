"""Exports do what their models do, in their own runtimes, or are not written."""

import gc
import json
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch

from sketchcell.errors import SketchcellError
from sketchcell.export import FORMATS, exporting
from sketchcell.export import checking as checking_module
from sketchcell.export.about import About
from sketchcell.export.existing import is_export
from sketchcell.export.exporting import export
from sketchcell.export.graph import core_of
from sketchcell.export.libraries import quiet
from sketchcell.families import get_family
from sketchcell.images import Normalization
from sketchcell.inference import drain
from sketchcell.model import load_model
from sketchcell.networks import NETWORKS, CPnet, NetworkInfo, full_precision

FAMILIES = ["flow", "sdf", "multiclass", "distance"]


def predicted(model, image):
    with full_precision():
        maps = drain(model.predicting(image))
    return np.stack([maps.at_image_size(name) for name in maps.channels])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("scale", "channels"), [(1.0, 1), (0.6, 3), (1.7, 2)])
def test_torchscript(family, scale, channels, make_model, image, tmp_path):
    model = make_model(family, channels, scale=scale)
    picture = np.stack([np.roll(image, 9 * number, 1) for number in range(channels)])
    before = {name: value.clone() for name, value in model.network.state_dict().items()}

    report = export(model, tmp_path / "m.pt", "torchscript", image=picture)

    assert [path.name for path in tmp_path.iterdir()] == ["m.pt"]
    assert report.largest < 5e-4
    assert report.shapes[0] == image.shape
    assert len(report.shapes) == 2
    assert "differ by at most" in str(report)
    extra = {"sketchcell.json": ""}
    with quiet():
        loaded = torch.jit.load(tmp_path / "m.pt", _extra_files=extra)
        for part in (picture, picture[:, :31, :50], picture[:, 5:9, 30:55]):
            maps = loaded(torch.from_numpy(part.astype(np.float32))[None])
            ours = predicted(model, part)
            # distances in pixels are rounded as coarsely as they are large
            np.testing.assert_allclose(maps[0], ours, atol=2e-5 * max(1, np.abs(ours).max()))
    described = json.loads(extra["sketchcell.json"])
    assert described["maps"] == list(model.family.channels(model.config.params))
    assert described["model"]["scale"] == scale
    assert all(torch.equal(value, before[name]) for name, value in model.network.state_dict().items())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["compact", "unet-small", "omnipose"])
def test_networks(name, make_model, image, tmp_path):
    model = make_model(network=name)

    assert export(model, tmp_path / "m.pt", "torchscript", image=image).largest < 1e-4


def test_a_network_that_reflects_at_its_rims(make_model, image, tmp_path, monkeypatch):
    reflecting = NetworkInfo("reflecting", "for tests", lambda i, o: CPnet(i, o, padding="reflect"))
    monkeypatch.setitem(NETWORKS, "reflecting", reflecting)
    model = make_model(network="reflecting")

    export(model, tmp_path / "m.pt", "torchscript", image=image)

    with quiet():
        loaded = torch.jit.load(tmp_path / "m.pt")
        for part in (image, image[:7, :40], image[:5, :9]):
            maps = loaded(torch.from_numpy(part.astype(np.float32))[None, None])
            np.testing.assert_allclose(maps[0], predicted(model, part), atol=1e-4)


def test_torchscript_runs_without_this_package(make_model, image, tmp_path):
    model = make_model()
    export(model, tmp_path / "m.pt", "torchscript", image=image)
    np.save(tmp_path / "image.npy", image.astype(np.float32)[None, None])
    program = (
        "import sys; sys.modules['sketchcell'] = None\n"
        "import numpy, torch\n"
        "maps = torch.jit.load('m.pt')(torch.from_numpy(numpy.load('image.npy')))\n"
        "numpy.save('maps.npy', maps.detach().numpy())\n"
    )

    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)

    np.testing.assert_allclose(np.load(tmp_path / "maps.npy")[0], predicted(model, image), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "decoder"), [(1.0, True), (0.7, False)])
def test_onnx(scale, decoder, make_model, image, tmp_path):
    import onnx
    import onnxruntime

    model = make_model(scale=scale)

    report = export(model, tmp_path / "m.onnx", "onnx", image=image, decoder=decoder)

    assert report.runtimes == (f"onnxruntime {onnxruntime.__version__}",)
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    assert session.get_inputs()[0].shape == [1, 1, "height", "width"]
    assert [output.name for output in session.get_outputs()] == (["maps", "labels"] if decoder else ["maps"])
    for part in (image, image[:33, :52]):
        found = session.run(None, {"image": part.astype(np.float32)[None, None]})
        np.testing.assert_allclose(found[0][0], predicted(model, part), atol=1e-4)
        if decoder:
            with full_precision():
                assert ((found[1][0, 0] > 0) == (model.segment(part) > 0)).all()
    properties = {prop.key: prop.value for prop in onnx.load(tmp_path / "m.onnx").metadata_props}
    assert json.loads(properties["sketchcell"])["model"]["family"] == "flow"
    export(model, tmp_path / "m.onnx", "onnx", image=image)  # ours: replaced


def test_a_program_has_no_decoder(make_model, image, tmp_path):
    with pytest.raises(SketchcellError, match="maps alone"):
        export(make_model(), tmp_path / "m.pt2", "pt2", image=image, decoder=True)


@pytest.mark.slow
def test_program(make_model, image, tmp_path):
    model = make_model()

    report = export(model, tmp_path / "m.pt2", "pt2", image=image)

    assert report.largest < 1e-4
    with quiet():
        module = torch.export.load(tmp_path / "m.pt2").module()
        maps = module(torch.from_numpy(image[:40].astype(np.float32))[None, None])
    np.testing.assert_allclose(maps[0], predicted(model, image[:40]), atol=1e-4)


@pytest.mark.slow
# bioimageio.core leaves packages open
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore:.*m.zip:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("normalised", [False, True])
def test_bioimageio(normalised, make_model, image, about, tmp_path, monkeypatch):
    import socket

    import bioimageio.core

    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was asked for"))
    model = make_model("sdf", diameter=12.0)

    report = export(model, tmp_path / "m.zip", "bioimageio", about, image, normalised=normalised)

    assert [path.name for path in tmp_path.iterdir()] == ["m.zip"]
    assert len(report.runtimes) == 2
    assert report.largest < 1e-4
    with quiet():
        assert bioimageio.core.test_model(tmp_path / "m.zip").status == "passed"
        description = bioimageio.core.load_model_description(tmp_path / "m.zip")
        sample = bioimageio.core.predict(model=description, inputs={"image": image[None, None]})
        maps = sample.members["maps"].data.to_numpy()[0]
        author = description.authors[0].name
        del description, sample
        gc.collect()  # of the library: it keeps packages open until then
    assert author == "Ada Lovelace"
    assert is_export(tmp_path / "m.zip")
    np.testing.assert_allclose(maps, predicted(model, image), atol=1e-3 if normalised else 1e-4)
    again = load_model(tmp_path / "m.zip")
    assert again.config == model.config
    assert np.array_equal(again.segment(image), model.segment(image))


def test_clahe_is_left_to_others(make_model, image, tmp_path):
    params = replace(get_family("distance").Params(), clahe=True)
    model = make_model("distance", params=params)

    report = export(model, tmp_path / "m.pt", "torchscript", image=image)

    assert "CLAHE" in str(report)
    normalised = Normalization(clahe=True).apply(image[None].astype(np.float32))
    with quiet():
        maps = torch.jit.load(tmp_path / "m.pt")(torch.from_numpy(normalised)[None])
    np.testing.assert_allclose(maps[0], predicted(model, image), atol=1e-4)


def test_an_export_that_differs_leaves_nothing_behind(make_model, image, tmp_path, monkeypatch):
    monkeypatch.setattr(checking_module, "TOLERANCE", -1.0)
    (tmp_path / "m.pt").write_bytes(b"")

    with pytest.raises(SketchcellError, match="thrown away"):
        export(make_model(), tmp_path / "m.pt", "torchscript", image=image)

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("m.pt", b"")]


def test_a_cancelled_export_leaves_nothing_behind(make_model, image, tmp_path):
    steps = exporting(make_model(), tmp_path / "m.pt", "torchscript", image=image)
    next(steps)
    next(steps)
    steps.close()

    assert not list(tmp_path.iterdir())


def test_files_of_others_are_kept(make_model, image, tmp_path):
    (tmp_path / "m.pt").write_bytes(b"mine")

    with pytest.raises(SketchcellError, match="not exported by sketchcell"):
        export(make_model(), tmp_path / "m.pt", "torchscript", image=image)
    assert (tmp_path / "m.pt").read_bytes() == b"mine"

    export(make_model(), tmp_path / "m.pt", "torchscript", image=image, overwrite=True)
    export(make_model(), tmp_path / "m.pt", "torchscript", image=image)  # ours now
    assert (tmp_path / "m.pt").stat().st_size > 1000


def test_a_zip_of_models_is_no_export(tmp_path, make_model, image, about):
    path = tmp_path / "models.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a/config.json", "a/weights.safetensors", "a/data.csv"):
            archive.writestr(name, "mine")

    assert not is_export(path)
    with pytest.raises(SketchcellError, match="not exported by sketchcell"):
        export(make_model(), path, "bioimageio", about, image)


@pytest.mark.parametrize(("format", "suffix"), [("torchscript", "pt"), ("pt2", "pt2"), ("onnx", "onnx")])
def test_exports_are_known_again(format, suffix, make_model, image, tmp_path):
    path = tmp_path / f"m.{suffix}"
    export(make_model(), path, format, image=image)

    assert is_export(path)


@pytest.mark.parametrize(
    ("format", "name", "message"),
    [
        ("tensorflow", "m.pb", "choose from bioimageio, onnx, torchscript, pt2"),
        ("onnx", "m.pt", "must end in .onnx"),
        ("bioimageio", "m.zip", "title, authors, licence"),
        ("torchscript", "missing/m.pt", "does not exist"),
    ],
)
def test_mistakes(format, name, message, make_model, image, tmp_path):
    with pytest.raises(SketchcellError, match=message):
        export(make_model(), tmp_path / name, format, image=image)
    assert not list(tmp_path.iterdir())


def test_an_image_with_other_channels(make_model, image, tmp_path):
    with pytest.raises(SketchcellError, match="learned from images with 2"):
        export(make_model(channels=2), tmp_path / "m.pt", "torchscript", image=image)


def test_a_network_with_a_window(make_model):
    model = make_model()
    model.network.window = 256

    with pytest.raises(SketchcellError, match="distill"):
        core_of(model)


def test_a_missing_library_is_named(make_model, image, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    with pytest.raises(SketchcellError, match=r"napari-sketchcell\[export\]"):
        export(make_model(), tmp_path / "m.onnx", "onnx", image=image)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_without_an_image_a_sample_is_taken(channels, make_model, tmp_path):
    assert export(make_model(channels=channels), tmp_path / "m.pt", "torchscript").largest < 1e-4


def test_formats_say_what_they_need():
    assert FORMATS["bioimageio"].needs == ("title", "authors", "licence")
    assert About() == About(authors=())
