import signal

import numpy as np
import pytest

from sketchcell.cli import distill as module
from sketchcell.cli import main
from sketchcell.images import read_image
from sketchcell.learning.distill import Distillation
from sketchcell.model import load_model

FEW = ("--steps", "2", "--device", "cpu")


def words(desk, model, *images, out="small"):
    return ["distill", model, "--images", *images, "--out", desk.path(out), *FEW]


def test_a_small_model(desk, model, capsys):
    assert main(words(desk, model, desk.path("image.tif"), out="some/small")) == 0
    out, err = capsys.readouterr()
    assert "Learned 2 steps" in out
    assert "Agreement with the large model on the images that it learned from (1): AP50" in out
    assert "never saw" not in out
    assert err == ""
    small = load_model(desk.folder / "some" / "small")
    assert small.config.network == "compact"
    assert small.config.provenance["distilled_from"]["network"] == "compact"
    assert small.segment(read_image(desk.path("image.tif"))).shape == (72, 88)


def test_every_fourth_image_is_held_out(desk, model, capsys, cells, monkeypatch):
    names = [desk.save(f"i{seed}.tif", cells(seed)[0]) for seed in range(5)]
    taught = []

    class Recorded(Distillation):
        def __init__(self, big, images, settings):
            taught.extend(images)
            super().__init__(big, images, settings)

    monkeypatch.setattr(module, "Distillation", Recorded)
    assert main(words(desk, model, *names)) == 0
    out = capsys.readouterr().out
    assert "learned from (4): AP50" in out
    assert "images that it never saw (1): AP50" in out
    held_out = read_image(names[3])
    assert len(taught) == 4
    assert not any(np.array_equal(image, held_out) for image in taught)


def test_another_network(desk, model):
    assert main([*words(desk, model, desk.path("image.tif")), "--network", "unet-small"]) == 0
    assert load_model(desk.path("small")).config.network == "unet-small"


def test_ctrl_c_keeps_what_was_learned(desk, model, capsys, monkeypatch):
    step = Distillation.step

    def interrupted(self):
        if self.steps == 2:
            signal.raise_signal(signal.SIGINT)
        return step(self)

    monkeypatch.setattr(Distillation, "step", interrupted)
    command = words(desk, model, desk.path("image.tif"))
    command[command.index("--steps") + 1] = "50"
    assert main(command) == 130
    assert "Stopped after 3 steps" in capsys.readouterr().err
    assert load_model(desk.path("small")).config.provenance["steps"] == 3


def test_ctrl_c_before_the_first_step_saves_nothing(desk, model, capsys, monkeypatch):
    look = Distillation.look

    def interrupted(self):
        for progress in look(self):
            signal.raise_signal(signal.SIGINT)
            yield progress

    monkeypatch.setattr(Distillation, "look", interrupted)
    assert main(words(desk, model, desk.path("image.tif"))) == 130
    assert "nothing was saved" in capsys.readouterr().err
    assert not (desk.folder / "small").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda desk, w: [*w, "--network", "wide"], "no network 'wide'"),
        (lambda desk, w: [*w[:-6], "--out", desk.path("model"), *FEW], "large model itself"),
        (lambda desk, w: [w[0], desk.path("nothing"), *w[2:]], "not a model"),
        (lambda desk, w: [*w[:3], desk.path("missing.tif"), *w[4:]], "missing.tif"),
    ],
)
def test_mistakes_are_one_sentence(desk, model, refused, change, message):
    assert message in refused(*change(desk, words(desk, model, desk.path("image.tif"))))


def test_an_image_of_another_kind(desk, model, refused):
    path = desk.save("colour.tif", np.random.default_rng(0).integers(0, 255, (40, 50, 3)).astype(np.uint8))
    assert "has 3 channel(s)" in refused(*words(desk, model, path))
