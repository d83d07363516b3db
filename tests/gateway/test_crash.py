"""kill -9 under load, a few times with each database: `make crash` does it two hundred times."""

from pathlib import Path

import pytest

from gateway.store.database import Where
from tests.gateway import postgres
from tests.gateway.crash import Campaign

KILLS = 3


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_every_acknowledged_uplink_is_stored_and_delivered_once(tmp_path: Path, database: str) -> None:
    with postgres.server() as server:
        where: Where = tmp_path / "ledger.db" if database == "sqlite" else server.database()
        campaign = Campaign(where, tmp_path, seed=7)
        for _ in range(KILLS):
            campaign.kill()
        campaign.end()
    assert len(campaign.load.acknowledged) > 5 * KILLS, "there was load"
