"""/readyz names what is wrong to those who may know; /metrics is Prometheus' text."""

import re
from pathlib import Path

import httpx

from gateway.app import App
from gateway.config import Address, Config, HttpConfig, SourceConfig, StoreConfig
from gateway.store import outbox
from tests.gateway.desk import START_MS, ManualClock

_LINE = re.compile(r'messfunk_[a-z_]+(\{[a-z]+="[^"\\\n]*"\})? -?[0-9.e+-]+')


def config(path: Path) -> Config:
    free = Address("127.0.0.1", 0)
    return Config(store=StoreConfig(path=path), http=HttpConfig(bind=free), source=(SourceConfig(bind=free),))


async def test_a_sink_that_fails_is_seen_and_counted(tmp_path: Path) -> None:
    clock = ManualClock()
    async with (
        App(config(tmp_path / "x.db"), clock) as app,
        httpx.AsyncClient(base_url=app.http_url) as client,
    ):
        assert (await client.get("/readyz")).json()["ready"]
        with app.store.transaction():
            outbox.note(app.store.connection, "town", START_MS, "connection refused")
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["causes"]) == (503, ["sink town: connection refused"])
        told = await client.get("/metrics")
        assert told.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert 'messfunk_outbox_depth{sink="town"} 0' in told.text
        assert 'messfunk_refused_total{cause="mic"} 0' in told.text
        lines = [line for line in told.text.splitlines() if not line.startswith("# ")]
        assert [line for line in lines if not _LINE.fullmatch(line)] == []
        names = re.findall("^# TYPE (\\S+)", told.text, re.MULTILINE)
        assert len(names) == len(set(names)) > 10


async def test_figures_need_a_token_once_there_is_one(tmp_path: Path) -> None:
    from gateway.access.roles import Principal, Role

    async with App(config(tmp_path / "x.db"), ManualClock()) as app:
        made = app.writer.run(Principal("founder", Role.ADMIN), "token.create", {"role": "viewer"})
        async with httpx.AsyncClient(base_url=app.http_url) as client:
            assert (await client.get("/metrics")).status_code == 401
            header = {"Authorization": f"Bearer {made['token']}"}
            assert (await client.get("/metrics", headers=header)).status_code == 200
