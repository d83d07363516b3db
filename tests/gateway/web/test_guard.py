"""Foreign host names, and the headers that keep browsers strict."""

import base64
import hashlib
import re

import httpx
import pytest

from gateway.config import Address, HttpConfig
from gateway.counters import Counters
from gateway.notify import Notifier
from gateway.web.api import create_app
from tests.gateway.web.conftest import client_of
from tests.gateway.web.ledger import Ledger, StoppedClock


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "LOCALHOST:8080", "[::1]:8080", "127.0.0.1"])
async def test_loopback_names_are_ours(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/api/v1/devices", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
        "127.0.0.1@evil",
        "::",
    ],
)
async def test_a_foreign_name_that_leads_here_is_refused(client: httpx.AsyncClient, host: str) -> None:
    for path in ("/", "/api/v1/devices", "/healthz"):
        answer = await client.get(path, headers={"Host": host})
        assert answer.status_code == 421
        assert answer.headers["Content-Type"] == "application/problem+json"


async def test_behind_a_proxy_the_name_is_the_operators(ledger: Ledger, clock: StoppedClock) -> None:
    config = HttpConfig(bind=Address("0.0.0.0", 8080), behind_proxy=True)
    app = create_app(ledger.path, clock, Counters(), Notifier(), config)
    async with client_of(app) as client:
        answer = await client.get("/api/v1/devices", headers={"Host": "pegel.example"})
        assert answer.status_code == 401, "and whoever comes through it must show a token"


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/api/v1/devices", "/nowhere", "/healthz"])
async def test_every_answer_is_strict_and_without_cors(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path, headers={"Origin": "https://evil.example"})).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert not [name for name in headers if name.startswith("access-control")]


async def test_values_are_not_kept_by_the_browser_files_are_asked_by_etag(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/devices")).headers["Cache-Control"] == "no-store"
    assert (await client.get("/")).headers["Cache-Control"] == "no-store"
    for path in ("/static/embed.css", "/static/live.js"):
        first = await client.get(path)
        assert first.headers["Cache-Control"] == "no-cache"
        again = await client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304


async def test_the_style_of_a_page_is_within_it_and_allowed_by_its_digest(client: httpx.AsyncClient) -> None:
    for path in ("/", "/alarms", "/about", "/nowhere"):
        answer = await client.get(path, headers={"Accept": "text/html"})
        [style] = re.findall("<style>(.*?)</style>", answer.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'self' 'sha256-{digest}';" in answer.headers["Content-Security-Policy"]
        assert "stylesheet" not in answer.text
