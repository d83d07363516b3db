"""Who is connected and who calls in vain, over HTTP and on the page."""

from pathlib import Path

import httpx

from gateway.access.roles import Principal, Role
from gateway.addresses import Address
from gateway.app import App
from gateway.config import Config, HttpConfig, SourceConfig, StationConfig, StoreConfig
from tests.gateway.broker import until
from tests.gateway.desk import START_MS, ManualClock
from tests.gateway.forwarder import EUI, PULL_DATA, Forwarder, head
from tests.gateway.station import EUI as STATION
from tests.gateway.station import Station

FREE = Address("127.0.0.1", 0)
OTHER = "aa555a0000000999"
FOUNDER = Principal("founder", Role.ADMIN)


async def test_who_is_connected_and_who_is_not_served(tmp_path: Path) -> None:
    config = Config(
        store=StoreConfig(path=tmp_path / "ledger.db"),
        http=HttpConfig(bind=FREE),
        source=(
            SourceConfig(bind=FREE, gateways=(EUI,)),
            StationConfig(type="basics_station", bind=FREE, gateways=(STATION,)),
        ),
    )
    async with App(config, ManualClock()) as app, httpx.AsyncClient(base_url=app.http_url) as client:
        forwarder = Forwarder(app.udp_address)
        forwarder.send(head(PULL_DATA, 1, OTHER))
        await forwarder.pull()
        forwarder.close()
        assert (await client.get("/api/v1/gateways")).status_code == 403, "a viewer's business it is not"
        tokens = {
            role: app.writer.run(FOUNDER, "token.create", {"role": role})["token"]
            for role in ("viewer", "operator")
        }
        headers = {role: {"Authorization": f"Bearer {token}"} for role, token in tokens.items()}
        async with Station(app.station_address):
            assert (await client.get("/api/v1/gateways")).status_code == 401
            assert (await client.get("/api/v1/gateways", headers=headers["viewer"])).status_code == 403
            answer = (await client.get("/api/v1/gateways", headers=headers["operator"])).json()
        await until(lambda: not app.reaches(STATION))
        served = {each["gateway_id"]: each["source"] for each in answer["gateways"]}
        assert served == {EUI: "semtech_udp", STATION: "basics_station"}
        [unknown] = answer["unknown"]
        assert (unknown["gateway_id"], unknown["host"], unknown["calls"]) == (OTHER, "127.0.0.1", 1)
        assert unknown["since"] == unknown["heard_at"] == answer["now"]
        page = await client.get("/gateways", headers=headers["viewer"])
        assert page.status_code == 200 and OTHER in page.text
        assert isinstance(app.clock, ManualClock)
        app.clock.turn_to(START_MS + 60_000)
        answer = (await client.get("/api/v1/gateways", headers=headers["operator"])).json()
        assert answer["gateways"] == [], "the forwarder is silent, the station has gone"
