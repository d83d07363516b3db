"""router_config of each region against what stations and other servers are known to accept."""

import json
from typing import Any

import pytest

from codec.lorawan.regions import REGIONS
from gateway.sources.basics_station_plan import config_of, router_config


def told(*plan: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(router_config(config_of(*plan)))
    return found


@pytest.mark.parametrize("name", REGIONS.names())
def test_every_channel_is_received_by_one_of_two_radios(name: str) -> None:
    config = told(REGIONS[name], (), 2)
    [conf] = config["sx1301_conf"]
    chains = [row for key, row in conf.items() if key.startswith("chan_") and row["enable"]]
    received = {conf[f"radio_{row['radio']}"]["freq"] + row["if"] for row in chains}
    assert received == {hz for hz, _, _ in config["upchannels"]}
    assert all(abs(row["if"]) <= 400_000 for row in chains)
    low, high = config["freq_range"]
    assert all(low <= hz < high for hz in received)
    for _, lowest, highest in config["upchannels"]:
        assert all(config["DRs"][place][0] > 0 and not config["DRs"][place][2] for place in (lowest, highest))
    assert len(config["DRs"]) == 16 and config["hwspec"] == "sx1301/1"


def test_the_table_of_europe_is_the_one_that_a_station_accepts() -> None:
    """tcutils.py of basicstation."""
    config = told(REGIONS["EU868"], (867_100_000,))
    assert config["DRs"][:8] == [
        [12, 125, 0], [11, 125, 0], [10, 125, 0], [9, 125, 0], [8, 125, 0], [7, 125, 0], [7, 250, 0],
        [0, 0, 0],
    ]  # fmt: skip
    assert config["DRs"][8:] == [[-1, 0, 0]] * 8
    assert [867_100_000, 0, 5] in config["upchannels"] and [868_100_000, 0, 5] in config["upchannels"]
    assert (config["freq_range"], config["max_eirp"]) == ([863_000_000, 870_000_000], 27.0)


def test_a_group_of_america_is_eight_narrow_channels_and_a_wide_one() -> None:
    """FSB 2 as in the configurations that makers of gateways publish: 903.9 to 905.3 and 904.6 MHz."""
    config = told(REGIONS["US915"], (), 2)
    narrow = [hz for hz, low, high in config["upchannels"] if (low, high) == (0, 3)]
    assert narrow == list(range(903_900_000, 905_400_000, 200_000))
    assert [904_600_000, 4, 4] in config["upchannels"]
    wide = config["sx1301_conf"][0]["chan_Lora_std"]
    assert (wide["bandwidth"], wide["spread_factor"]) == (500_000, 8)
    assert [row[2] for row in config["DRs"][:14]] == [0] * 5 + [0] * 3 + [1] * 6
    with pytest.raises(ValueError, match="sub_band"):
        config_of(REGIONS["US915"])


def test_channels_that_no_gateway_receives_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="two radios"):
        config_of(REGIONS["EU868"], (863_100_000, 866_500_000))
    with pytest.raises(ValueError, match="two radios"):
        config_of(REGIONS["EU868"], tuple(867_100_000 + 100_000 * step for step in range(8)))
