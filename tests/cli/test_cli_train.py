import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

from sketchcell.cli import main
from sketchcell.images import read_image
from sketchcell.inference import drain
from sketchcell.learning import FitSettings, fit
from sketchcell.learning.learner import Learner
from sketchcell.model import load_model
from sketchcell.sketch import simulate_sketch

FEW = ("--steps", "2", "--device", "cpu")


def words(desk, *more, out="new"):
    return [
        "train",
        desk.path("image.tif"),
        "--sketch",
        desk.path("sketch.tif"),
        "--out",
        desk.path(out),
        *FEW,
        *more,
    ]


def test_a_model_folder(desk, capsys):
    assert main(words(desk, out="some/where/new")) == 0
    out, err = capsys.readouterr()
    assert "2 steps" in out
    assert err == ""  # no progress bar where there is no terminal
    folder = desk.folder / "some" / "where" / "new"
    assert {path.name for path in folder.iterdir()} == {"config.json", "weights.safetensors"}
    config = json.loads((folder / "config.json").read_text())
    assert (config["family"], config["network"], config["image_channels"]) == ("flow", "compact", 1)
    assert load_model(folder).segment(read_image(desk.path("image.tif"))).shape == (72, 88)


def test_the_seed_decides(desk):
    weights = []
    for out, number in (("a", "3"), ("b", "3"), ("c", "4")):
        assert main(words(desk, "--seed", number, out=out)) == 0
        weights.append(load_file(desk.folder / out / "weights.safetensors"))
    assert all(np.array_equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert not all(np.array_equal(weights[0][name], weights[2][name]) for name in weights[0])


def test_several_colour_images_with_boundaries(desk, cells):
    names = {"image": [], "sketch": [], "mask": []}
    for seed in (1, 2):
        image, truth = cells(seed)
        sketch = simulate_sketch(truth, 0.2, one_id=True)
        names["image"].append(desk.save(f"i{seed}.tif", (np.stack([image] * 3, -1) // 64).astype(np.uint8)))
        names["sketch"].append(desk.save(f"s{seed}.tif", sketch.labels))
        names["mask"].append(desk.save(f"b{seed}.tif", sketch.boundaries))
    given = ["train", *names["image"], "--sketch", *names["sketch"], "--boundaries", *names["mask"]]
    assert main([*given, "--out", desk.path("new"), *FEW]) == 0
    assert json.loads((desk.folder / "new" / "config.json").read_text())["image_channels"] == 3


def test_learning_goes_on_from_a_model(desk, model):
    assert main(words(desk, "--init", model)) == 0
    assert main(words(desk, "--init", model, out="model")) == 0


def test_parameters_of_the_family_are_options(desk):
    assert main(words(desk, "--background-depth", "7")) == 0
    assert load_model(desk.folder / "new").config.params.background_depth == 7


def test_a_preset_is_what_options_do_not_say(desk, capsys):
    changed = ("--preset", "sdf-paper", "--network", "unet-small", "--lse-weight", "0.5")
    assert main(words(desk, *changed)) == 0
    config = load_model(desk.folder / "new").config
    assert (config.family, config.network, config.scale) == ("sdf", "unet-small", 1)
    assert (config.params.lse_weight, config.params.lmhd_weight) == (0.5, 0.9)
    assert main(words(desk, *changed[:2], "--init", desk.path("new"), out="more")) == 0
    assert load_model(desk.folder / "more").config.params.lse_weight == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--preset", "SAV"), "no preset 'SAV'"),
        (("--preset", "SAW", "--family", "flow"), "of the family 'multiclass'"),
        (
            ("--preset", "SAW", "--gap", "1"),
            "The family 'multiclass' has no parameter 'gap'; choose from classes, weighting",
        ),
    ],
)
def test_a_preset_that_does_not_fit_is_refused(desk, capsys, given, said):
    assert main(words(desk, *given)) == 2
    assert said in capsys.readouterr().err


def test_ctrl_c_saves_what_was_learned(desk, capsys):
    before = signal.getsignal(signal.SIGINT)

    def interrupt_when_learning():
        while signal.getsignal(signal.SIGINT) is before:
            time.sleep(0.05)
        time.sleep(1.5)
        signal.raise_signal(signal.SIGINT)

    helper = threading.Thread(target=interrupt_when_learning)
    helper.start()
    given = [word for word in words(desk) if word not in ("--steps", "2")]
    assert main([*given, "--seconds", "300"]) == 130
    helper.join()
    assert "is saved in" in capsys.readouterr().err
    assert load_model(desk.folder / "new").config.provenance["steps"] > 0
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--family", "flaw"], "no family 'flaw'"),
        (["--network", "net"], "no network 'net'"),
        (["--device", "tpu"], "no device 'tpu'"),
        (["--init", "nowhere"], "no pretrained network 'nowhere'"),
        (["--background-depth", "-1"], "background_depth"),
        (["--boundaries", "truth.tif", "truth.tif"], "2 boundary mask(s)"),
        (["--boundaries", "missing.tif"], "missing.tif does not exist"),
        (["--sketch", "sketch.tif", "sketch.tif"], "2 sketch(es)"),
        (["--sketch", "missing.tif"], "missing.tif does not exist"),
        (["--out", "image.tif"], "image.tif is a file"),
        (["--out", "image.tif/model"], "is a file"),
        (["--out", "."], "folder you are in"),
    ],
)
def test_bad_options(desk, refused, change, said):
    assert said in refused(*words(desk), *change)


def bad_sketches():
    empty = np.zeros((72, 88), np.uint8)
    only = {"background": np.uint8(1), "object": np.uint8(5)}
    yield "empty", empty, "is empty"
    for name, value in only.items():
        painted = empty.copy()
        painted[5:9, 5:9] = value
        yield name, painted, f"Only {name}"
    yield "shape", empty[1:], "71 × 88 pixels"
    yield "transposed", empty.T, "88 × 72 pixels"
    yield "fractions", empty + np.float32(0.5), "not whole numbers"
    yield "nan", empty * np.float32("nan"), "not whole numbers"
    yield "negative", empty.astype(np.int16) - 1, "between 0"
    yield "colour", np.zeros((72, 88, 3), np.uint8), "single channel"


@pytest.mark.parametrize(("name", "sketch", "said"), list(bad_sketches()))
def test_bad_sketches(desk, refused, name, sketch, said):
    desk.save("sketch.tif", sketch, photometric="rgb" if name == "colour" else "minisblack")
    assert said in refused(*words(desk))


def bad_images():
    image = np.arange(72 * 88, dtype=np.float32).reshape(72, 88)
    with_nan = image.copy()
    with_nan[3, 4] = np.nan
    yield "nan", with_nan, "NaN"
    yield "constant", image * 0 + 7, "constant"
    yield "black", image * 0, "constant"
    yield "stack", np.stack([image] * 40), "none is short enough"
    yield "complex", image.astype(np.complex64), "complex64"


@pytest.mark.parametrize(("name", "image", "said"), list(bad_images()))
def test_bad_images(desk, refused, name, image, said):
    desk.save("image.tif", image, photometric="minisblack")
    said_instead = refused(*words(desk))
    assert said in said_instead
    assert "image.tif" in said_instead


def test_damaged_files(desk, refused):
    for name in ("image.tif", "sketch.tif"):
        whole = (desk.folder / name).read_bytes()
        (desk.folder / name).write_bytes(whole[: len(whole) // 2])
        assert f"{name} cannot be read" in refused(*words(desk))
        (desk.folder / name).write_bytes(b"")
        assert f"{name} is an empty file" in refused(*words(desk))
        (desk.folder / name).write_bytes(whole)


def test_images_of_different_kinds(desk, refused):
    image = read_image(desk.path("image.tif"))
    colour = desk.save("colour.tif", np.stack([image, image]))
    given = ["train", desk.path("image.tif"), colour, "--sketch", *[desk.path("sketch.tif")] * 2]
    assert "2 channel(s)" in refused(*given, "--out", desk.path("new"), *FEW)


def test_folders_of_others_are_left_alone(desk, refused):
    for name in ("config.json", "notes.txt"):
        folder = desk.folder / f"with {name}"
        folder.mkdir()
        (folder / name).write_text("{}")
        assert "other files in it" in refused(*words(desk, out=folder.name))
    (desk.folder / "with config.json" / "config.json").unlink()
    assert main(words(desk, out="with config.json")) == 0


def test_a_model_with_notes_is_not_replaced(desk, model, refused):
    (desk.folder / "model" / "notes.txt").write_text("keep me")
    assert "other files in it" in refused(*words(desk, out="model"))


def test_a_start_of_another_kind(desk, model, refused):
    message = refused(*words(desk, "--init", model, "--network", "omnipose"))
    assert "--family, --network and --preset" in message
    assert "no config.json" in refused(*words(desk, "--init", desk.path(".")))
    os.remove(desk.folder / "model" / "weights.safetensors")
    assert "weights" in refused(*words(desk, "--init", model))


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="needs POSIX resource limits")
@pytest.mark.parametrize("exists", [False, True])
def test_a_full_disk(desk, model, snapshot, exists):
    if not exists:
        shutil.rmtree(model)
    before = snapshot(desk.folder)
    script = f"""
        import resource, signal, sys
        from sketchcell.cli import main
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        sys.exit(main({words(desk, out="model")!r}))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True)
    assert done.returncode == 2
    assert "cannot be saved" in done.stderr
    assert done.stderr.count("\n") == 1
    assert snapshot(desk.folder) == before


def test_no_room_is_seen_before_learning(desk, refused, monkeypatch):
    full = shutil.disk_usage(desk.folder)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    given = [word for word in words(desk) if word not in ("--steps", "2")]
    assert "The disk is full" in refused(*given, "--seconds", "3000")


def test_a_frozen_encoder_sees_all_that_is_painted_first(desk, cells, monkeypatch):
    size = {"kind": "tiny-vit", "image_size": 64, "stem": 1, "widths": [8, 8, 8, 8], "depths": [1, 1, 1, 1]}
    size |= {"heads": [2, 2, 2], "windows": [4, 4, 4], "channels": 16}
    options = {"variant": size, "head": "cut", "encoder": "frozen", "window": 64, "overlap": 16}
    image, truth = cells()
    settings = FitSettings(
        network="sam", network_options=options, steps=1, patch=32, batch=1, device="cpu", rescale=False
    )
    drain(fit([image], [simulate_sketch(truth, 0.2)], settings)).save(desk.path("start"))
    done = []
    embed_next, step = Learner.embed_next, Learner.step
    monkeypatch.setattr(
        Learner, "embed_next", lambda self, *where: done.append("tile") or embed_next(self, *where)
    )
    monkeypatch.setattr(Learner, "step", lambda self: done.append("step") or step(self))
    assert main([*words(desk, "--init", desk.path("start"))]) == 0
    # four tiles, then none is missing
    assert done == ["tile"] * 5 + ["step"] * 2
