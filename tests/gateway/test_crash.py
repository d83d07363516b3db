"""kill -9 and power cuts under load, a few of each with each database: `make crash` does many more."""

import pytest

from tests.gateway.crash import prepared

KILLS = 2


@pytest.mark.parametrize(("database", "end"), [("sqlite", "kill"), ("sqlite", "power"), ("postgres", "kill")])
def test_every_acknowledged_uplink_is_stored_and_delivered_once(
    tmp_path_factory: pytest.TempPathFactory, database: str, end: str
) -> None:
    folder = tmp_path_factory.mktemp("crash")
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o755)  # PostgreSQL's user loads the library from there
    with prepared(folder, database, end, seed=7) as campaign:
        for _ in range(KILLS):
            campaign.kill()
        campaign.end()
    assert len(campaign.load.acknowledged) > 5 * KILLS, "there was load"
