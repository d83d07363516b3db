"""A node that moves from a published place to a private one: the public learns nothing of the second."""

import httpx
import pytest
from fastapi import FastAPI

from gateway.model import Installation
from gateway.store import sites
from tests.gateway.web.conftest import CREEK, client_of
from tests.gateway.web.ledger import MINUTE, NOW, Ledger

MOVED = NOW - 100 * MINUTE
ANSWERS = (
    "/",
    "/sites.geojson",
    f"/sites/{CREEK}",
    f"/sites/{CREEK}/level.svg",
    f"/sites/{CREEK}/level.csv",
    f"/sites/{CREEK}/laeq.svg",
    f"/embed/{CREEK}/level",
    f"/embed/{CREEK}/laeq",
    "/api/v1/sites",
    f"/api/v1/sites/{CREEK}",
    f"/api/v1/sites/{CREEK}/readings?quantity=level",
    f"/api/v1/sites/{CREEK}/orientation",
    f"/sites/{CREEK}?start=P1Y",
    f"/sites/{CREEK}/level.json?start=P30D",
    f"/sites/{CREEK}/level.json?start=P1Y",
)


@pytest.fixture
def moved(ledger: Ledger) -> Ledger:
    """Its level at the second place is 77,770 mm and its noise 66.6 dB; at the first it was 4,444 mm."""
    db = ledger.store.connection
    with ledger.store.transaction():
        ledger.hear(CREEK, NOW - 300 * MINUTE, {"level": 4444.0})
        db.execute("UPDATE site SET published = 1 WHERE id = ?", (CREEK,))
        db.execute(
            "INSERT INTO site (id, name, lat, lon, published, blur_m, created_at)"
            " SELECT 'secret', 'GEHEIMHOF', 51.98765, 8.98765, 0, blur_m, created_at FROM site WHERE id = ?",
            (CREEK,),
        )
        db.execute("DELETE FROM reading WHERE dev_eui = ? AND time >= ?", (CREEK, MOVED))
        db.execute("UPDATE installation SET to_ms = ? WHERE dev_eui = ?", (MOVED, CREEK))
        sites.install(db, Installation("secret", CREEK, from_ms=MOVED))
        for minute in (30, 20, 10):
            ledger.hear(CREEK, NOW - minute * MINUTE, {"level": 77770.0, "laeq": 66.6})
    return ledger


@pytest.mark.parametrize("path", ANSWERS)
async def test_the_public_learns_nothing_of_where_it_went(moved: Ledger, app: FastAPI, path: str) -> None:
    newest = moved.store.connection.execute(
        "SELECT id FROM uplink WHERE dev_eui = ? ORDER BY received_at DESC", (CREEK,)
    ).fetchone()[0]
    async with client_of(app, "192.0.2.7") as stranger:
        answer: httpx.Response = await stranger.get(path)
    told = answer.text
    for secret in ("7777", "66.6", "66,6", "GEHEIMHOF", "secret", "51.98765", newest):
        assert secret not in told, (answer.status_code, secret)
