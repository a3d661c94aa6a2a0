"""`sketchcell models`: the table, one entry, a download."""

import hashlib
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sketchcell.cli import main
from sketchcell.pretrained.catalogue import CATALOGUE

CONTENT = bytes(range(256)) * 500


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SKETCHCELL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def address(monkeypatch):
    """Of a server that has `CONTENT`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT)

        def log_message(self, *_):
            pass

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/net"
        server.shutdown()
        thread.join()


def test_the_table_has_a_line_for_each(capsys, cache):
    cache.mkdir()
    (cache / "nuclei.pth").write_bytes(b"0" * 26_000_000)
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "family", "size", "here", "use", "what"]
    rows = {line.split()[0]: line.split() for line in lines[1 : 1 + len(CATALOGUE)]}
    assert list(rows) == list(CATALOGUE)
    assert rows["nuclei"][1:6] == ["flow", "26", "MB", "yes", "nc"]
    assert rows["sam_vit_b"][1:5] == ["distance", "375", "MB", "free"]
    assert "non-commercial" in lines[-1]


@pytest.mark.parametrize("name", CATALOGUE)
def test_one_is_told_all_about(capsys, cache, name):
    assert main(["models", name]) == 0
    out = capsys.readouterr().out
    entry = CATALOGUE[name]
    for fact in (
        entry.title,
        entry.licence,
        entry.trained_on,
        entry.page,
        entry.sha256 or "",
        entry.address or "",
    ):
        assert fact in out
    assert f"commercial  {'no' if entry.non_commercial else 'yes'}" in out


def test_unknown_names_get_a_hint(refused, cache):
    assert "did you mean 'cyto3'" in refused("models", "cito3")
    assert "`sketchcell models` lists them" in refused("models", "xyzzy")
    assert "Say which one" in refused("models", "--download")


def test_a_download_tells_the_licence_first_and_the_hash_after(capsys, cache, address, monkeypatch):
    monkeypatch.setitem(CATALOGUE, "cyto3", replace(CATALOGUE["cyto3"], address=address))
    assert main(["models", "cyto3", "--download"]) == 0
    out, err = capsys.readouterr()
    assert "non-commercial use" in err
    assert str(cache / "cyto3.pth") in out
    assert hashlib.sha256(CONTENT).hexdigest() in out
    assert (cache / "cyto3.pth").read_bytes() == CONTENT

    monkeypatch.setitem(CATALOGUE, "cyto3", replace(CATALOGUE["cyto3"], non_commercial=False))
    assert main(["models", "cyto3", "--download"]) == 0
    assert capsys.readouterr().err == ""


def test_a_download_that_fails_is_one_sentence(capsys, cache, monkeypatch):
    monkeypatch.setattr("sketchcell.pretrained.transfer._PAUSE", 0)
    entry = replace(CATALOGUE["mobile_sam"], address="http://127.0.0.1:9/x")
    monkeypatch.setitem(CATALOGUE, "mobile_sam", entry)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert main(["models", "mobile_sam", "--download"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "use what is here: nothing yet" in err or "use what is here: prior" in err
