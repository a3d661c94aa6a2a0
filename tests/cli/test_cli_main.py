import subprocess
import sys

import pytest

from sketchcell.cli import main
from sketchcell.families import FAMILIES
from sketchcell.learning.presets import PRESETS
from sketchcell.networks import NETWORKS


def test_help_needs_nothing_heavy():
    script = """
import sys
from sketchcell.cli import main
try:
    main(["--help"])
except SystemExit as end:
    assert end.code == 0
print(sorted({"torch", "numpy", "napari", "pandas", "scipy"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
    commands = (
        "demo",
        "train",
        "segment",
        "evaluate",
        "measure",
        "simulate",
        "families",
        "networks",
        "models",
    )
    for command in commands:
        assert f"\n    {command} " in done.stdout


@pytest.mark.parametrize(
    "command", ["demo", "train", "segment", "evaluate", "measure", "simulate", "families", "models"]
)
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert f"usage: sketchcell {command}" in capsys.readouterr().out


def test_what_there_is(capsys):
    assert main(["families"]) == 0
    families, presets = capsys.readouterr().out.split("\n\n")
    assert [line.split()[0] for line in families.splitlines()] == list(FAMILIES)
    assert [line.split()[0] for line in presets.splitlines()[1:]] == list(PRESETS)
    assert main(["networks"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(NETWORKS)


def test_version(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("sketchcell ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "COMMAND"),
        (["nonsense"], "'nonsense'"),
        (["--nonsense"], "COMMAND"),
        (["train"], "IMAGE, --sketch, --out"),
        (["train", "a.tif", "--sketch", "b.tif", "--out", "m", "--seconds", "0"], "above 0"),
        (["train", "a.tif", "--sketch", "b.tif", "--out", "m", "--seconds", "nan"], "above 0"),
        (["train", "a.tif", "--sketch", "b.tif", "--out", "m", "--steps", "1.5"], "at least 1"),
        (["train", "a.tif", "--sketch", "b.tif", "--out", "m", "--seed", "-1"], "from 0 to"),
        (
            ["train", "a.tif", "--sketch", "b.tif", "--out", "m", "--steps", "2", "--seconds", "2"],
            "not allowed with",
        ),
        (["families", "--colour"], "--colour"),
        (["train", "a.tif", "--sket", "b.tif", "--out", "m"], "required: --sketch"),
    ],
)
def test_wrong_words(refused, words, said):
    assert said in refused(*words)


def test_output_that_nobody_reads():
    words = [sys.executable, "-m", "sketchcell", "families"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.wait(60) in (0, 1)
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
