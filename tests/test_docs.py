"""Examples in the documentation run, and its commands parse."""

import gc
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from sketchcell.cli import main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, *languages: str) -> list[str]:
    found = re.findall(r"^( *)```(\w+)\n(.*?)^\1```", page.read_text(), re.DOTALL | re.MULTILINE)
    return [code for _, language, code in found if language in languages]


EXAMPLES = [
    pytest.param(code, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, code in enumerate(blocks(page, "python"))
]
COMMANDS = [
    pytest.param(line.strip(), id=f"{page.stem}-{number}")
    for page in PAGES
    for number, line in enumerate("".join(blocks(page, "sh", "console")).splitlines())
    if line.strip().startswith("sketchcell ")
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit.*deprecated:DeprecationWarning")
@pytest.mark.parametrize("code", EXAMPLES)
def test_example_runs(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Enough to run them; how good the result is, is tested elsewhere.
    exec(compile(code.replace("seconds=5", "seconds=0.5"), "example", "exec"), {})
    gc.collect()  # some libraries keep files open until then


@pytest.mark.parametrize("command", COMMANDS)
def test_command_parses(command, monkeypatch):
    names = "demo train segment distill evaluate measure convert simulate listing models export"
    for name in names.split():
        monkeypatch.setattr(import_module(f"sketchcell.cli.{name}"), "run", lambda arguments: 0)

    assert main(shlex.split(command)[1:]) == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_linked_files_exist(page):
    links = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text())

    assert not [link for link in links if not (page.parent / link).exists()]
