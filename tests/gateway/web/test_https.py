"""HTTPS from files: what a browser or curl is served, what plain HTTP gets, what its cookies are."""

import ssl
from pathlib import Path

import httpx
import pytest

from gateway.app import App
from gateway.config import Address, Config, ConfigError, HttpConfig, SourceConfig, StoreConfig, load
from tests.gateway import tls
from tests.gateway.access.test_commands import FOUNDER
from tests.gateway.desk import ManualClock

FREE = Address("127.0.0.1", 0)


def config(folder: Path) -> Config:
    certificate, key = tls.certificate(folder)
    http = HttpConfig(bind=FREE, tls_cert_file=certificate, tls_key_file=key)
    return Config(store=StoreConfig(path=folder / "x.db"), http=http, source=(SourceConfig(bind=FREE),))


async def test_pages_and_login_go_by_tls_only(tmp_path: Path) -> None:
    async with App(config(tmp_path), ManualClock()) as app:
        assert app.http_url.startswith("https://127.0.0.1:")
        made = app.writer.run(FOUNDER, "token.create", {"role": "admin"})
        trusting = ssl.create_default_context(cafile=tmp_path / "server.pem")
        async with httpx.AsyncClient(base_url=app.http_url, verify=trusting) as client:
            header = {"Authorization": f"Bearer {made['token']}"}
            assert (await client.get("/api/v1/devices", headers=header)).status_code == 200
            named = await client.get("/healthz", headers={"Host": "pegel.example:8443"})
            assert named.status_code == 200, "its certificate bears the name"
            answer = await client.post("/login", data={"token": made["token"]})
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith("__Host-messfunk=")
            assert all(each in cookie for each in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"))
        async with httpx.AsyncClient() as stranger:
            with pytest.raises(httpx.ConnectError, match="certificate"):
                await stranger.get(app.http_url)
            with pytest.raises(httpx.HTTPError):
                await stranger.get(app.http_url.replace("https:", "http:"))


def test_beyond_loopback_there_is_tls_or_a_proxy(tmp_path: Path) -> None:
    file = tmp_path / "messfunk.toml"
    tls.certificate(tmp_path)
    file.write_text('[http]\nbind = "0.0.0.0:8443"\n')
    with pytest.raises(ConfigError, match=r"tls_cert_file and tls_key_file.*behind_proxy = true"):
        load(file)
    for more in ("behind_proxy = true", 'tls_cert_file = "server.pem"\ntls_key_file = "server.key"'):
        file.write_text(f'[http]\nbind = "0.0.0.0:8443"\n{more}\n')
        assert load(file).http
