import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sketchcell.pretrained import transfer


class Host:
    """What a local server has, and how badly it serves it.

    Attributes
    ----------
    files
        Content by path.
    breaks
        How many answers break off half way.
    ranges, tags
        Whether it serves parts, and says which version a file is.
    asked
        The paths and the ranges that were asked for.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.files: dict[str, bytes] = {}
        self.breaks = 0
        self.status = 200
        self.ranges = self.tags = True
        self.asked: list[tuple[str, str | None]] = []

    def url(self, path: str) -> str:
        return f"{self.address}/{path}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        host: Host = self.server.host
        asked = self.headers.get("Range")
        host.asked.append((self.path[1:], asked))
        if host.status != 200:
            self.send_error(host.status)
            return
        content = host.files.get(self.path[1:])
        if content is None:
            self.send_error(404)
            return
        tag = f'"{hash(content)}"'
        start = 0
        if asked and host.ranges and self.headers.get("If-Range", tag) == tag:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - start))
        if host.tags:
            self.send_header("ETag", tag)
        self.end_headers()
        end = len(content)
        if host.breaks:
            host.breaks -= 1
            end = start + (end - start) // 2
        self.wfile.write(content[start:end])
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def host(monkeypatch):
    """A local server that serves over threads."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(transfer, "_PAUSE", 0.001)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.host = Host(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.host
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("SKETCHCELL_CACHE", str(folder))
    return folder
