"""Every page on both databases: what the web asks is read by either."""

import pytest

from gateway.config import HttpConfig
from gateway.counters import Counters
from gateway.notify import Notifier
from gateway.store.database import Where
from gateway.web.api import create_app
from tests.gateway.web.conftest import CREEK, SQUARE, client_of
from tests.gateway.web.ledger import MINUTE, NOW, Ledger, StoppedClock

PLACE, OTHER = f"/sites/{CREEK}", f"/sites/{SQUARE}"
PATHS = (
    *("/", "/nodes", "/gateways", "/live", f"/live?dev_eui={CREEK}", "/alarms"),
    *("/settings", f"/settings/{CREEK}", PLACE, f"{PLACE}?start=P30D", f"{PLACE}?start=P1Y&with={SQUARE}"),
    *(OTHER, f"{PLACE}/level.json?start=P1Y", f"{PLACE}/level.csv", f"{PLACE}/level.svg?start=P1Y"),
    *("/sites.geojson", "/api/v1/sites", f"/api/v1{OTHER}/orientation", f"/api/v1{PLACE}/readings"),
    *(
        "/?q=Aue",
        f"/?after={CREEK}",
        "/nodes?q=markt",
        f"/nodes?after={CREEK}",
        f"/api/v1/rollups?quantity=level&site={CREEK}",
    ),
)


@pytest.fixture
def ledger(where: Where) -> Ledger:
    made = Ledger(where)
    with made.store.transaction():
        for dev_eui, name, values in (
            (CREEK, "Aue", {"level": 1200.0, "battery": 3.6}),
            (SQUARE, "Markt", {"laeq": 61.0, "pm25": 12.0, "pm10": 20.0}),
        ):
            made.add(dev_eui, name, since=NOW - 600 * MINUTE, place=(50.5, 9.7))
            for minute in (100, 80, 60, 40, 20, 5):
                made.hear(dev_eui, NOW - minute * MINUTE, values)
        made.hear(SQUARE, NOW + 60 * MINUTE, {"laeq": 99.0})
    return made


async def test_each_page_is_there(ledger: Ledger) -> None:
    config = HttpConfig(open_on_loopback=True)
    app = create_app(ledger.path, StoppedClock(), Counters(), Notifier(), config)
    async with client_of(app) as client:
        for path in PATHS:
            answer = await client.get(path)
            assert answer.status_code == 200, (path, answer.text)
        year = (await client.get(f"/api/v1{OTHER}/orientation")).json()
    ledger.store.close()
    assert year["dust"]["index"]["place"] == 2 and year["noise"]["night_hour"] is None
