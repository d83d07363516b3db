"""/readyz names what is wrong to those who may know; /metrics is Prometheus' text."""

import asyncio
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from gateway import devices, figures, readiness
from gateway.access.roles import Principal, Role
from gateway.app import App
from gateway.cli import app as command_line
from gateway.clock import WallClock
from gateway.config import Address, Config, HttpConfig, SourceConfig, StoreConfig
from gateway.counters import Counters
from gateway.devices import Provisioning
from gateway.nightly import BackupConfig
from gateway.peers import WebhookConfig
from gateway.readiness import Readiness
from gateway.refusals import Refusals
from gateway.sources.presence import Presence
from gateway.store import backup, outbox
from gateway.store.database import Postgres, StoreError
from gateway.store.ledger import Store
from gateway.web.losses import LossTold
from tests.gateway import postgres
from tests.gateway.broker import until
from tests.gateway.desk import EUIS, START_MS, Desk, ManualClock, Node, abp, otaa
from tests.gateway.forwarder import EUI, Forwarder, push, rxpk

_LINE = re.compile(r'messfunk_[a-z_]+(\{[a-z]+="[^"\\\n]*"\})? -?[0-9.e+-]+')

NOBODY = Presence(ManualClock(), Refusals(Counters(), ManualClock()))


@pytest.fixture
def postgresql() -> Iterator[postgres.Server]:
    with postgres.server() as server:
        yield server


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


async def test_what_an_operator_watches_is_a_figure(tmp_path: Path) -> None:
    """Every second frame of a node is lost, none is a message of ours, all are answered; a sink is away."""
    clock, node = ManualClock(), abp(1)
    assert node.keys
    sink = WebhookConfig(type="webhook", name="town", url="http://127.0.0.1:9/")
    wanted = config(tmp_path / "x.db").model_copy(update={"sink": (sink,)})
    async with App(wanted, clock) as app, httpx.AsyncClient(base_url=app.http_url) as client:
        devices.add(app.store, Provisioning(node.dev_eui, "Aue", node.keys), START_MS)
        forwarder = Forwarder(app.udp_address)
        await forwarder.pull()
        for _ in range(3):
            await forwarder.ask(push(rxpk(node.uplink(b"\xff", confirmed=True, gap=2))))
            await clock.advance(3000)
        forwarder.close()
        said = (await client.get("/metrics")).text
        told = dict(line.rsplit(" ", 1) for line in said.splitlines() if line[0] != "#")
    assert told['messfunk_outbox_depth{sink="town"}'] == "3"
    assert float(told['messfunk_outbox_age_seconds{sink="town"}']) == 9
    assert told["messfunk_undecoded_total"] == "3"
    assert float(told["messfunk_uplinks_lost_ratio"]) == pytest.approx(2 / 5), "those between the three"
    assert float(told['messfunk_downlink_lead_seconds{quantile="0.5"}']) == pytest.approx(0.8, abs=0.01)
    used = f'messfunk_duty_cycle_used_ratio{{gateway="{EUI}",band_mhz="868-868.6"}}'
    assert 0.001 < float(told[used]) < 0.1


async def test_figures_need_a_token_once_there_is_one(tmp_path: Path) -> None:
    async with App(config(tmp_path / "x.db"), ManualClock()) as app:
        made = app.writer.run(Principal("founder", Role.ADMIN), "token.create", {"role": "viewer"})
        async with httpx.AsyncClient(base_url=app.http_url) as client:
            assert (await client.get("/metrics")).status_code == 401
            header = {"Authorization": f"Bearer {made['token']}"}
            assert (await client.get("/metrics", headers=header)).status_code == 200


async def causes(client: httpx.AsyncClient) -> list[str]:
    answer = await client.get("/readyz")
    told: list[str] = answer.json()["causes"]
    assert answer.status_code == (503 if told else 200)
    return told


async def test_a_full_disk_is_seen_before_it_is_full_and_when_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [1 << 40]
    async with (
        App(config(tmp_path / "x.db"), ManualClock(), free=lambda folder: (left[0], 1 << 41)) as app,
        httpx.AsyncClient(base_url=app.http_url) as client,
    ):
        assert await causes(client) == []
        left[0] = 5 << 20
        assert await causes(client) == ["disk: 5 MiB are free where the database lies: make room"]
        left[0] = 1 << 40
        pages = app.store.connection.execute("PRAGMA page_count").fetchone()[0]
        app.store.connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite's own full disk
        with pytest.raises(StoreError, match="full"):
            fill(app.store)
        (cause,) = await causes(client)
        assert cause.startswith("database: ") and "full" in cause
        told = (await client.get("/metrics")).text
        assert "messfunk_store_up 0" in told and f"messfunk_free_bytes {1 << 40}" in told
        app.store.connection.execute("PRAGMA max_page_count = 1000000")
        fill(app.store)
        assert len(await causes(client)) == 1  # lately; what needs no room is written on a full disk, too
        monkeypatch.setattr("gateway.store.ledger._LATELY_S", 0.0)  # as ten seconds later
        assert await causes(client) == []


def fill(store: Store) -> None:
    with store.transaction():
        store.add_events(("uplink", "x" * 100_000) for _ in range(10))


async def test_a_stale_backup_is_seen(tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    nightly = BackupConfig(folder=tmp_path / "backups")
    wanted = config(tmp_path / "x.db").model_copy(update={"backup": nightly})
    clock = ManualClock()
    async with App(wanted, clock) as app, httpx.AsyncClient(base_url=app.http_url) as client:
        backup.create(app.store.where, tmp_path / "backups", clock.now_ms() - 25 * 3_600_000)
        assert await causes(client) == []
        clock.turn_to(clock.now_ms() + 2 * 3_600_000)
        assert await causes(client) == ["backup: the newest is 27 hours old"]


async def test_a_database_that_goes_down_is_told_by_readyz_and_the_log(
    postgresql: postgres.Server, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """A server of its own, so that no other test finds it gone; looked at without waiting for its turn."""
    where = postgresql.database()
    assert isinstance(where, Postgres)
    wanted = config(tmp_path / "x.db")
    wanted = wanted.model_copy(update={"store": StoreConfig(path=tmp_path / "x.db", url=where.url)})
    async with App(wanted, ManualClock()) as app, httpx.AsyncClient(base_url=app.http_url) as client:
        watching = Readiness(app.health)
        assert await causes(client) == []
        postgresql.stop()
        try:
            (cause,) = await causes(client)
            assert cause.startswith("database: ")
            with caplog.at_level(logging.INFO, "gateway.readiness"):
                watching.look()
                watching.look()
        finally:
            postgresql.start()
        assert await causes(client) == []
        with caplog.at_level(logging.INFO, "gateway.readiness"):
            watching.look()
    told = [record.getMessage() for record in caplog.records if record.name == "gateway.readiness"]
    assert [text.partition(": d")[0] for text in told] == ["not ready", "ready again"]


def test_it_is_looked_at_within_ten_seconds() -> None:
    assert readiness._EVERY_S * 2 <= 10


async def test_the_air_that_a_gateway_used_is_told_by_sub_band(desk: Desk, joiner: Node) -> None:
    desk.hear(desk.reception(joiner.join_request()))
    await desk.clock.advance(6000)
    (spent,) = desk.server.gateways.spent(desk.clock.now_ms())
    on_air_ms = (12.25 + 8 + 20) * 4.096  # 17 bytes without CRC at SF9 (SX1276 data sheet, section 4.1.1.7)
    assert (spent.gateway_id, spent.band) == (EUIS[0], "868-868.6")
    assert spent.share == pytest.approx(on_air_ms / 36_000, rel=0.01)
    told = figures.told(desk.store.connection, desk.clock.now_ms(), desk.server.gateways, NOBODY)
    assert told["leads_s"][0.5] == pytest.approx(5.0 - 0.2, abs=0.01), "copies are awaited for 200 ms"
    await desk.clock.advance(3_600_000)
    assert [each.share for each in desk.server.gateways.spent(desk.clock.now_ms())] == [0]


async def test_strangers_are_counted_and_name_no_label(tmp_path: Path) -> None:
    async with App(config(tmp_path / "x.db"), ManualClock()) as app:
        forwarder = Forwarder(app.udp_address)
        for number in range(40):
            await forwarder.ask(push(rxpk(otaa(number).join_request()), eui=f"aa555a00000002{number:02x}"))
        forwarder.close()
        async with httpx.AsyncClient(base_url=app.http_url) as client:
            told = (await client.get("/metrics")).text
    assert "messfunk_unknown_devices 40\n" in told
    assert "aa555a00000002" not in told and "70b3d57ed001" not in told


async def test_the_share_of_lost_frames(tmp_path: Path, desk: Desk, node: Node) -> None:
    for gap in (1, 1, 3, 1):
        desk.hear(desk.reception(node.uplink(gap=gap)))
    losses = LossTold(desk.store.where)
    now = desk.clock.now_ms()
    assert await losses.told(now) == pytest.approx(2 / 6)
    desk.hear(desk.reception(node.uplink(gap=5)))
    assert await losses.told(now) == pytest.approx(2 / 6), "not reckoned at every scrape"
    assert await losses.told(now + 600_000) == pytest.approx(6 / 11)


async def test_counters_need_a_token_once_there_is_one(tmp_path: Path) -> None:
    """/readyz goes on to tell its causes on this machine: whoever mends it may have no page."""
    async with (
        App(config(tmp_path / "x.db"), ManualClock(), free=lambda folder: (0, 1)) as app,
        httpx.AsyncClient(base_url=app.http_url) as client,
    ):
        assert (await client.get("/healthz")).json()["counters"]["joins"] == 0
        made = app.writer.run(Principal("founder", Role.ADMIN), "token.create", {"role": "viewer"})
        assert (await client.get("/healthz")).json()["counters"] is None
        header = {"Authorization": f"Bearer {made['token']}"}
        assert (await client.get("/healthz", headers=header)).json()["counters"]
        assert (await causes(client))[0].startswith("disk: ")


async def test_an_unknown_node_is_shown_to_operators(tmp_path: Path) -> None:
    async with App(config(tmp_path / "x.db"), WallClock()) as app:
        forwarder = Forwarder(app.udp_address)
        forwarder.send(push(rxpk(otaa(7).join_request())))
        await until(lambda: app.counters.refused["unknown_device"])
        forwarder.close()
        for role, code in ((Role.VIEWER, 403), (Role.OPERATOR, 200)):
            arguments = {"role": str(role)}
            made = app.writer.run(Principal("founder", Role.ADMIN), "token.create", arguments)
            header = {"Authorization": f"Bearer {made['token']}"}
            async with httpx.AsyncClient(base_url=app.http_url, headers=header) as client:
                answer = await client.get("/api/v1/unknown-devices")
                assert answer.status_code == code
                assert (otaa(7).dev_eui in answer.text) == (code == 200)
        done = await asyncio.to_thread(
            CliRunner().invoke, command_line, ["device", "unknown", "--db", str(tmp_path / "x.db")]
        )
        assert otaa(7).dev_eui in done.output
