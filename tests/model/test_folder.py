"""Model folders: complete, checked, and never at the cost of somebody's files."""

import hashlib
import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from sketchcell import load_model
from sketchcell.errors import SketchcellError
from sketchcell.images import Normalization
from sketchcell.model import is_model_folder

CONFIG, WEIGHTS = "config.json", "weights.safetensors"


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def change(folder, **entries):
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps({**config, **entries}))


@pytest.fixture
def saved(make_model, tmp_path):
    make_model().save(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("diameter", [None, 31.4])
def test_a_model_comes_back_as_it_was(make_model, tmp_path, channels, diameter):
    model = make_model(
        channels,
        params={"distance_threshold": 0.7, "minimum_size": 33},
        normalization=Normalization(0.5, 99),
        scale=0.7321,
        diameter=diameter,
        provenance={"steps": 12, "start": "random", "nested": {"seconds": 1.5}},
    )
    model.save(tmp_path / "deep" / "model")
    again = load_model(tmp_path / "deep" / "model")
    assert again.config == model.config
    assert not again.network.training
    state, other = model.network.state_dict(), again.network.state_dict()
    assert state.keys() == other.keys()
    for key in state:
        assert torch.equal(state[key], other[key]), key
    image = np.random.default_rng(0).normal(size=(40, 50, channels)[: 2 if channels == 1 else 3])
    np.testing.assert_array_equal(again.predict(image).values, model.predict(image).values)
    assert contents(tmp_path).keys() == {f"deep/model/{CONFIG}", f"deep/model/{WEIGHTS}"}


def test_the_folder_describes_itself(saved):
    config = json.loads((saved / CONFIG).read_text())
    assert config["format"] == 1
    assert config["channels"] == ["distance", "flow_y", "flow_x"]
    assert config["weights_sha256"] == hashlib.sha256((saved / WEIGHTS).read_bytes()).hexdigest()
    assert config["params"].keys() >= {"distance_threshold", "minimum_size"}


def test_saving_again_replaces_the_old_model(make_model, saved):
    before = contents(saved)
    make_model(seed=5).save(saved)
    assert contents(saved).keys() == before.keys()
    assert contents(saved) != before
    load_model(saved)
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_an_empty_folder_can_be_taken(make_model, tmp_path):
    (tmp_path / "empty").mkdir()
    make_model().save(str(tmp_path / "empty"))
    load_model(str(tmp_path / "empty"))


def somebodys_file(path):
    path.write_text("mine")


def somebodys_folder(path):
    path.mkdir()
    (path / "notes.txt").write_text("mine")


def another_programs_config(path):
    path.mkdir()
    (path / CONFIG).write_text('{"model_type": "bert"}')


def another_programs_model(path):
    another_programs_config(path)
    (path / WEIGHTS).write_bytes(b"theirs")


def a_broken_config(path):
    path.mkdir()
    (path / CONFIG).write_text("{")


def a_folder_in_a_folder(path):
    (path / CONFIG).mkdir(parents=True)
    (path / CONFIG / "notes.txt").write_text("mine")


TAKEN = [
    somebodys_file,
    somebodys_folder,
    another_programs_config,
    another_programs_model,
    a_broken_config,
    a_folder_in_a_folder,
]


@pytest.mark.parametrize("take", TAKEN)
def test_what_is_not_a_model_is_never_replaced(make_model, tmp_path, take):
    take(tmp_path / "place")
    before = contents(tmp_path)
    assert not is_model_folder(tmp_path / "place")
    with pytest.raises(SketchcellError, match="choose another name"):
        make_model().save(tmp_path / "place")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "more"])
def test_a_model_with_somebodys_files_beside_is_never_replaced(make_model, saved, name):
    assert is_model_folder(saved)
    if "." in name:
        (saved / name).write_text("mine")
    else:
        (saved / name).mkdir()
    before = contents(saved)
    assert not is_model_folder(saved)
    with pytest.raises(SketchcellError, match="other files"):
        make_model(seed=5).save(saved)
    assert contents(saved) == before
    load_model(saved)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(make_model, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(SketchcellError, match="cannot be saved"):
        make_model().save(tmp_path / "locked" / "model")


def test_a_name_that_is_too_long(make_model, tmp_path):
    with pytest.raises(SketchcellError, match="cannot be saved"):
        make_model().save(tmp_path / ("m" * 300))
    assert not list(tmp_path.iterdir())


def test_a_place_below_a_file(make_model, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SketchcellError, match="cannot be saved"):
        make_model().save(tmp_path / "file" / "model")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_full_disk_leaves_the_old_model(make_model, saved):
    """A limit on the size of files stands for the full disk."""
    before = contents(saved)
    script = f"""
        import resource
        from sketchcell.errors import SketchcellError
        from sketchcell.families import get_family
        from sketchcell.model import Model, ModelConfig
        from sketchcell.networks import build_network
        config = ModelConfig("flow", get_family("flow").Params(), "compact", 1)
        model = Model(config, build_network("compact", 1, 3))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            model.save({str(saved)!r})
        except SketchcellError as error:
            print(error)
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "cannot be saved" in done.stdout
    assert "nothing that was there has changed" in done.stdout
    assert contents(saved) == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def refused(folder, message):
    before = contents(folder) if folder.exists() else None
    with pytest.raises(SketchcellError, match=message):
        load_model(folder)
    assert before is None or contents(folder) == before


def test_no_folder(tmp_path):
    refused(tmp_path / "nothing", "is not a model")
    (tmp_path / "file").write_text("")
    with pytest.raises(SketchcellError, match="is not a model"):
        load_model(tmp_path / "file")


@pytest.mark.parametrize(("name", "message"), [(CONFIG, "no config.json"), (WEIGHTS, "cannot be read")])
def test_a_missing_file(saved, name, message):
    (saved / name).unlink()
    refused(saved, message)


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "append"])
def test_altered_weights(saved, damage):
    data = bytearray((saved / WEIGHTS).read_bytes())
    if damage == "flip":
        data[-3] ^= 1
    elif damage == "append":
        data += b"\0"
    else:
        del data[0 if damage == "empty" else len(data) // 2 :]
    (saved / WEIGHTS).write_bytes(data)
    refused(saved, "altered or damaged")


def test_weights_that_are_no_safetensors(saved):
    (saved / WEIGHTS).write_bytes(b"pickle?")
    change(saved, weights_sha256=hashlib.sha256(b"pickle?").hexdigest())
    refused(saved, "not a safetensors file")


@pytest.mark.parametrize("damage", ["fewer", "more", "other shape"])
def test_weights_of_another_network(saved, damage):
    state = load_file(saved / WEIGHTS)
    first = next(iter(state))
    if damage == "fewer":
        del state[first]
    elif damage == "more":
        state["extra"] = torch.zeros(3)
    else:
        state[first] = torch.zeros(2, 2)
    save_file(state, saved / WEIGHTS)
    change(saved, weights_sha256=hashlib.sha256((saved / WEIGHTS).read_bytes()).hexdigest())
    refused(saved, "do not fit the network 'small'")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        '"text"',
        "{}",
        "\ufeff{}",
        '{"format": "1"}',
        '{"format": true}',
        "[" * 100_000,
    ],
)
def test_damaged_configs(saved, text):
    (saved / CONFIG).write_text(text, encoding="utf-8")
    refused(saved, "damaged|not a model description")


def test_a_config_that_is_no_text(saved):
    (saved / CONFIG).write_bytes(b"\xff\xfe\x00")
    refused(saved, "damaged")


def test_a_truncated_config(saved):
    text = (saved / CONFIG).read_text()
    for length in range(0, len(text) - 2, 37):
        (saved / CONFIG).write_text(text[:length])
        refused(saved, "damaged")


def test_a_newer_format(saved):
    change(saved, format=2, something_new=[1])
    refused(saved, "newer sketchcell; update")


@pytest.mark.parametrize("wrong", [0, -1, 1.0, "1", None, True, []])
def test_a_wrong_format(saved, wrong):
    change(saved, format=wrong)
    refused(saved, "not a model description")


def test_unknown_and_missing_entries(saved):
    config = json.loads((saved / CONFIG).read_text())
    change(saved, colour="red")
    refused(saved, "colour")
    for key in config.keys() - {"format"}:
        (saved / CONFIG).write_text(json.dumps({k: v for k, v in config.items() if k != key}))
        refused(saved, key)


WRONG = [None, True, "1", [], {}, -1, 0, 1e9, float("nan"), float("inf"), float("-inf")]


@pytest.mark.parametrize("key", ["image_channels", "scale", "diameter"])
@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_numbers(saved, key, wrong):
    change(saved, **{key: wrong})
    if key == "diameter" and wrong is None:
        assert load_model(saved).config.diameter is None
        return
    refused(saved, f"{key} must be a positive number")


def test_half_a_channel(saved):
    change(saved, image_channels=1.5)
    refused(saved, "image_channels must be a positive number")


@pytest.mark.parametrize("key", ["family", "network"])
@pytest.mark.parametrize("wrong", [None, 3, [], {}, "other"])
def test_wrong_names(saved, key, wrong):
    change(saved, **{key: wrong})
    refused(saved, f"no {key} 'other'" if wrong == "other" else "damaged")


@pytest.mark.parametrize("key", ["params", "normalization", "provenance", "weights_sha256"])
@pytest.mark.parametrize("wrong", [None, 3, [], True])
def test_wrong_kinds(saved, key, wrong):
    change(saved, **{key: wrong})
    refused(saved, "damaged")


@pytest.mark.parametrize("wrong", [None, 3, "distance", ["distance"], ["flow_y", "flow_x", "distance"], {}])
def test_other_maps(saved, wrong):
    change(saved, channels=wrong)
    refused(saved, "other maps")


@pytest.mark.parametrize(
    "wrong",
    [{"radius": 3}, {"minimum_size": 1.5}, {"minimum_size": -1}, {"distance_threshold": float("nan")}],
)
def test_wrong_params(saved, wrong):
    change(saved, params=wrong)
    refused(saved, "parameter '")


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": 5, "high": 2},
        {"low": float("nan")},
        {"low": "1"},
        {"high": None},
        {"gamma": 2},
        {"high": 101},
        {"clahe": "no"},
    ],
)
def test_wrong_normalization(saved, wrong):
    change(saved, normalization=wrong)
    refused(saved, "normali[sz]ation")
