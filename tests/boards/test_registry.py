"""The workbench as a client of the gateway: only in private, with a token, and in words when it says no."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from boards.workbench import WorkbenchError, provisioning
from boards.workbench.cli import app
from boards.workbench.registry import Registry

IDENTITY = provisioning.make("0200006d66000c01", None, ())


class Gateway(http.server.ThreadingHTTPServer):
    """Answers as the real one does in tests/gateway/web; `heard` is what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[tuple[str, str, str | None, Any]] = []
        self.answers: dict[str, tuple[int, Any]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Gateway

    def do_GET(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(size)) if size else None
        self.server.heard.append((self.command, self.path, self.headers.get("Authorization"), body))
        status, told = self.server.answers.get(self.command, (200, {}))
        self.send_response(status)
        self.end_headers()
        if status != 204:
            self.wfile.write(json.dumps(told).encode())

    do_POST = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """The test's own output is enough."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_key_travels_in_the_body_of_one_request_with_the_token_in_its_header(gateway: Gateway) -> None:
    with Registry(gateway.url, "a-token") as registry:
        registry.register(IDENTITY, "Aue", {"mount_mm": 3500}, replaces=False)
    [(method, path, authorization, body)] = gateway.heard
    assert (method, path, authorization) == ("POST", "/api/v1/devices", "Bearer a-token")
    assert body["keys"] == {"join_eui": "0" * 16, "app_key": IDENTITY.app_key.hex()}
    assert body["mount_mm"] == 3500 and body["name"] == "Aue"


def test_a_node_that_gets_a_new_key_is_archived_first_so_that_its_history_stays(gateway: Gateway) -> None:
    gateway.answers["DELETE"] = (204, None)
    with Registry(gateway.url, None) as registry:
        registry.register(IDENTITY, "Aue", {}, replaces=True)
    assert [row[:2] for row in gateway.heard] == [
        ("DELETE", f"/api/v1/devices/{IDENTITY.dev_eui}"),
        ("POST", "/api/v1/devices"),
    ]


@pytest.mark.parametrize("status", [401, 403, 409, 422, 500])
def test_what_the_gateway_refuses_is_told_with_its_words_and_never_with_the_key(
    gateway: Gateway, status: int
) -> None:
    causes = [{"name": "name", "reason": "too long"}]
    gateway.answers["POST"] = (status, {"detail": "No, because.", "causes": causes})
    with Registry(gateway.url, "t") as registry, pytest.raises(WorkbenchError) as refused:
        registry.register(IDENTITY, "Aue", {}, replaces=False)
    assert "No, because.; name: too long" in str(refused.value)
    assert ("--token-file" in str(refused.value)) == (status in (401, 403))
    assert IDENTITY.app_key.hex() not in str(refused.value)


def test_an_answer_that_is_no_problem_document_is_told_all_the_same(gateway: Gateway) -> None:
    gateway.answers["POST"] = (502, "a proxy's page")
    with Registry(gateway.url, None) as registry, pytest.raises(WorkbenchError, match="Bad Gateway"):
        registry.register(IDENTITY, "Aue", {}, replaces=False)


@pytest.mark.parametrize("url", ["http://gateway.example.org", "ftp://127.0.0.1", "gateway.example.org"])
def test_a_key_never_travels_in_the_clear(url: str) -> None:
    with pytest.raises(WorkbenchError, match="https://"):
        Registry(url, None)
    Registry("https://gateway.example.org", None)
    Registry("http://[::1]:8080", None)


def test_provision_wants_one_network_and_a_token_it_can_read(tmp_path: Path) -> None:
    for arguments, told in (
        ([], "give one"),
        (["--gateway", "http://127.0.0.1:9", "--export", "x"], "give one"),
        (
            ["--gateway", "http://127.0.0.1:9", "--token-file", str(tmp_path), "--port", "/dev/x"],
            "--token-file",
        ),
        (["--export", str(tmp_path / "x"), "--format", "ttn", "--port", "/dev/null"], "tts"),
    ):
        result = CliRunner().invoke(app, ["provision", *arguments])
        assert result.exit_code == 1 and told in result.output, result.output
