"""kill -9 and power cuts under load, a few of each with each database: `make crash` does many more."""

from pathlib import Path

import pytest

from tests.gateway.crash import prepared

KILLS = 2


@pytest.mark.parametrize("end", ["kill", "power"])
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_every_acknowledged_uplink_is_stored_and_delivered_once(
    tmp_path: Path, database: str, end: str
) -> None:
    with prepared(tmp_path, database, end, seed=7) as campaign:
        for _ in range(KILLS):
            campaign.kill()
        campaign.end()
    assert len(campaign.load.acknowledged) > 5 * KILLS, "there was load"
