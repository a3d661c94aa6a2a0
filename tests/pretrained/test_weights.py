"""Files of weights: read by content, refused with a sentence, never run."""

import collections
import io
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from sketchcell.errors import SketchcellError
from sketchcell.pretrained.weights import read_weights

NAMES = {"torch": {}, "legacy": {"_use_new_zipfile_serialization": False}}


@pytest.fixture
def weights():
    return {
        "conv.weight": torch.randn(4, 2, 3, 3),
        "conv.bias": torch.randn(4).half(),
        "norm.count": torch.tensor(7),
    }


def write(path, held, how="torch"):
    torch.save(held, path, **NAMES[how])
    return path


def same(found, expected):
    assert found.keys() == expected.keys()
    for name in expected:
        assert found[name].dtype == expected[name].dtype
        assert torch.equal(found[name], expected[name].detach()), name
        assert not found[name].requires_grad


def complaint(path):
    with pytest.raises(SketchcellError) as caught:
        read_weights(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    assert str(path) in text
    return text


@pytest.mark.parametrize("name", ["weights", "cyto3", "weights.png", "weights.safetensors"])
@pytest.mark.parametrize("how", NAMES)
def test_torch_files_of_any_name_are_read(tmp_path, weights, how, name):
    same(read_weights(write(tmp_path / name, collections.OrderedDict(weights), how)), weights)


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.pth", "weights"])
def test_safetensors_of_any_name_are_read(tmp_path, weights, name):
    save_file(weights, tmp_path / name)
    same(read_weights(str(tmp_path / name)), weights)


@pytest.mark.parametrize("how", NAMES)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda w: {"state_dict": w, "epoch": 3, "best": 0.5, "names": ["a", None], "optimizer": {"step": 1}},
        lambda w: {"model": w, "epoch": torch.tensor(3)},
        lambda w: {"model": {"state_dict": w}, "loss": torch.tensor(0.1)},
        lambda w: {"optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}}, "model_state_dict": w},
        lambda w: {f"module.{k}": v for k, v in w.items()},
        lambda w: {"net": {f"module._orig_mod.{k}": v for k, v in w.items()}},
        lambda w: {**w, "diameter": 30, "note": "text"},
        lambda w: {k: nn.Parameter(v) if v.is_floating_point() else v for k, v in w.items()},
    ],
)
def test_wrappers_prefixes_and_extras_are_taken_off(tmp_path, weights, wrap, how):
    same(read_weights(write(tmp_path / "file", wrap(weights), how)), weights)


def test_a_prefix_that_not_all_names_have_stays(tmp_path, weights):
    mixed = {"module.a": weights["conv.bias"], "b": weights["conv.bias"]}
    assert read_weights(write(tmp_path / "file", mixed)).keys() == mixed.keys()


def test_views_and_shared_weights_come_contiguous(tmp_path):
    base = torch.arange(12.0).reshape(3, 4)
    path = write(tmp_path / "file", {"a": base, "b": base, "c": base.T, "d": base[1:, 2:]})
    found = read_weights(path)
    assert all(tensor.is_contiguous() for tensor in found.values())
    assert torch.equal(found["c"], base.T)
    assert torch.equal(found["d"], base[1:, 2:])


class Payload:
    """Pickles to a call that would make a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("how", [*NAMES, "pickle", "zip"])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_code_is_never_run(tmp_path, weights, how, protocol):
    mark = tmp_path / "ran"
    held = {**weights, "extra": Payload(str(mark))}
    path = tmp_path / "file"
    if how == "pickle":
        path.write_bytes(pickle.dumps(held, protocol))
    elif how == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a/data.pkl", pickle.dumps({"x": Payload(str(mark))}, protocol))
            archive.writestr("a/version", "3")
    else:
        torch.save(held, path, pickle_protocol=protocol, **NAMES[how])
    text = complaint(path)
    if protocol or how not in ("pickle", "legacy"):  # that would be text like any other
        assert "torch.save(model.state_dict()" in text
        assert "run code" in text
    assert not mark.exists()


@pytest.mark.parametrize("how", NAMES)
def test_whole_modules_are_refused_with_the_way_to_convert_them(tmp_path, how):
    text = complaint(write(tmp_path / "file", nn.Conv2d(1, 2, 3), how))
    assert "torch.nn.modules.conv.Conv2d" in text
    assert "torch.save(model.state_dict(), 'weights.pt')" in text


def test_torchscript_is_refused(tmp_path):
    class Twice(torch.jit.ScriptModule):
        pass

    path = tmp_path / "file"
    with zipfile.ZipFile(path, "w") as archive:  # what torch.jit.save writes, which is deprecated
        for name in ("data.pkl", "constants.pkl", "code/__torch__.py", "version"):
            archive.writestr(f"a/{name}", b"3")
    assert "TorchScript" in complaint(path)


@pytest.mark.parametrize("call", [b"c__builtin__\nbytearray\n", b"cbuiltins\nbytearray\n"])
def test_a_small_file_cannot_ask_for_much_memory(tmp_path, call):
    index = b"\x80\x02" + call + b"\x8a\x05" + (2**36).to_bytes(5, "little") + b"\x85R."
    with zipfile.ZipFile(tmp_path / "file", "w") as archive:
        archive.writestr("a/data.pkl", index)
        archive.writestr("a/version", "3")
    assert "bytearray" in complaint(tmp_path / "file")


@pytest.mark.parametrize("how", NAMES)
def test_a_tensor_larger_than_its_file_is_refused(tmp_path, how):
    path = write(tmp_path / "file", {"a": torch.zeros(1).expand(2**40)}, how)
    assert "larger than the file" in complaint(path)


def rewrite(path, change, compression=zipfile.ZIP_STORED):
    """Write a torch file anew with other records."""
    with zipfile.ZipFile(path) as old:
        records = {info.filename: old.read(info) for info in old.infolist()}
    change(records)
    with zipfile.ZipFile(path, "w", compression) as new:
        for name, content in records.items():
            new.writestr(name, content)


def test_bombs_and_strange_archives_are_refused(tmp_path, weights):
    path = tmp_path / "file"

    write(path, {"a": torch.zeros(100_000)})
    rewrite(path, lambda records: None, zipfile.ZIP_DEFLATED)
    assert "save it again with torch.save" in complaint(path)

    write(path, weights)
    rewrite(path, lambda records: records.update({"file/../../evil": b"x"}))
    assert "save it again with torch.save" in complaint(path)

    write(path, weights)
    rewrite(path, lambda records: records.update({"/etc/evil": b"x"}))
    assert "save it again with torch.save" in complaint(path)

    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", "Dear reader")
    assert "no torch file" in complaint(path)

    np.savez(tmp_path / "arrays.npz", a=np.ones(3))
    assert "NumPy" in complaint(tmp_path / "arrays.npz")


def test_a_record_shorter_than_the_index_says_is_refused(tmp_path):
    path = write(tmp_path / "file", {"a": torch.arange(64.0)})
    rewrite(path, lambda records: records.update({"file/data/0": b"\0" * 16}))
    assert "damaged" in complaint(path)


@pytest.mark.parametrize("how", [*NAMES, "safetensors"])
def test_no_cut_passes(tmp_path, weights, how):
    path = tmp_path / "file"
    if how == "safetensors":
        save_file(weights, path)
    else:
        write(path, weights, how)
    whole = path.read_bytes()
    for length in [0, 1, 3, 8, 20, *range(40, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:length])
        assert complaint(path)
    assert "empty" in (path.write_bytes(b""), complaint(path))[1]


@pytest.mark.parametrize("how", NAMES)
def test_noise_in_a_file_never_escapes_as_another_error(tmp_path, weights, how):
    path = write(tmp_path / "file", weights, how)
    whole = bytearray(path.read_bytes())
    random = np.random.default_rng(0)
    for _ in range(60):
        noisy = bytearray(whole)
        for place in random.integers(4 if how == "torch" else 15, min(len(whole), 900), 3):
            noisy[place] = random.integers(256)
        path.write_bytes(noisy)
        try:
            found = read_weights(path)
        except SketchcellError:
            continue
        assert all(isinstance(tensor, torch.Tensor) for tensor in found.values())


def header(entries):
    text = entries.encode()
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x89PNG\r\n\x1a\n....", "PNG"),
        (b"II*\0........", "TIFF"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"\x1f\x8b\x08....", "unpack"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
        (b"<!DOCTYPE html><html>404</html>", "download it again"),
        (b"weights, weights everywhere\n", "not a file of weights"),
        (b"\0" * 64, "not a file of weights"),
        (header('{"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}}'), "damaged"),
        (header('{"a":'), "damaged"),
        (struct.pack("<Q", 2**60) + b"{", "not a file of weights"),
        (header("{}"), "no weights"),
    ],
)
def test_other_files_are_named(tmp_path, content, says):
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    assert says in complaint(path)


@pytest.mark.parametrize("held", [[], 3, {}, {"a": {"b": 1}}, [torch.ones(2)], {1: torch.ones(2)}])
def test_files_without_named_weights_are_refused(tmp_path, held):
    assert "torch.save(model.state_dict()" in complaint(write(tmp_path / "file", held))


def test_folders_and_missing_files_are_refused(tmp_path):
    assert "folder" in complaint(tmp_path)
    assert "no file" in complaint(tmp_path / "nothing")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite_are_refused(tmp_path, weights, value):
    weights["conv.weight"][1, 1, 0, 2] = value
    assert "conv.weight" in complaint(write(tmp_path / "file", weights))


def test_sparse_weights_are_refused(tmp_path):
    held = {"a": torch.eye(3).to_sparse()}
    assert "state_dict" in complaint(write(tmp_path / "file", held))


def test_nothing_is_left_open_or_written(tmp_path, weights):
    path = write(tmp_path / "file", weights)
    read_weights(path)
    assert os.listdir(tmp_path) == ["file"]
    assert read_weights(path)["norm.count"].item() == 7
    buffer = io.BytesIO(path.read_bytes())
    assert torch.load(buffer, weights_only=True).keys() == weights.keys()
