"""The gateway with either database behind it: from a datagram to the page's answer."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway import devices, events
from gateway.app import App
from gateway.config import Address, Config, HttpConfig, SourceConfig, StoreConfig
from gateway.devices import Provisioning
from gateway.model import GatewayError
from gateway.store.database import Postgres, Where
from gateway.store.ledger import Store
from tests.gateway import postgres
from tests.gateway.desk import START_MS, ManualClock, abp
from tests.gateway.forwarder import PUSH_ACK, Forwarder, push, rxpk
from tests.gateway.test_app import REPORT

FREE = Address("127.0.0.1", 0)


def config(where: Where, beside: Path) -> Config:
    """With PostgreSQL `beside` is where the command line meets the gateway."""
    key = beside.with_name("master.key")
    url = None if isinstance(where, Path) else where.url
    path = where if isinstance(where, Path) else beside
    store = StoreConfig(path=path, url=url, master_key_file=key)
    return Config(store=store, http=HttpConfig(bind=FREE), source=(SourceConfig(bind=FREE),))


async def test_from_a_datagram_to_the_answer(where: Where, tmp_path: Path) -> None:
    node = abp(1)
    assert node.keys
    async with (
        App(config(where, tmp_path / "x.db"), ManualClock()) as app,
        httpx.AsyncClient(base_url=app.http_url) as client,
    ):
        devices.add(app.store, Provisioning(node.dev_eui, "Aue", node.keys, mount_mm=3000), START_MS)
        forwarder = Forwarder(app.udp_address)
        for _ in range(2):
            assert (await forwarder.ask(push(rxpk(node.uplink(REPORT)))))[3] == PUSH_ACK
        forwarder.close()

        async def ask(path: str) -> Any:
            return (await client.get(f"/api/v1/{path}")).raise_for_status().json()

        (device,) = (await ask("devices"))["devices"]
        assert {each["quantity"]: each["value"] for each in device["last"]}["level"] == 1234
        first = await ask(f"devices/{node.dev_eui}/readings?limit=3")
        rest = await ask(f"devices/{node.dev_eui}/readings?limit=9&cursor={first['next']}")
        assert len(first["readings"]) + len(rest["readings"]) == 8
        assert [each["fcnt"] for each in (await ask("uplinks"))["uplinks"]] == [0, 1]
        assert (await client.get("/healthz")).json()["status"] == "ok"
        told = [json.loads(data) for _, _, data in events.read(app.store.connection, 0, 10)[1]]
        assert len(told) == 10


async def test_a_second_gateway_is_refused(where: Where, tmp_path: Path) -> None:
    async with App(config(where, tmp_path / "one.db"), ManualClock()):
        with pytest.raises(GatewayError, match=r"another (gateway|messfunk)"):
            await App(config(where, tmp_path / "two.db"), ManualClock()).start()
    async with App(config(where, tmp_path / "two.db"), ManualClock()):
        pass


def test_a_refusal_tells_no_password(postgresql: postgres.Server, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hush-hush\n")
    nowhere = f"postgresql://me@/x?host={tmp_path}"
    wrong = postgresql.url("nosuch").replace("messfunk@", "me@")
    for url in (nowhere, wrong, "postgresql://%zz@/x"):
        with pytest.raises(GatewayError) as refused:
            Store(Postgres(url, secret))
        assert "hush" not in str(refused.value)
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__
