"""The rows of all regions against numbers of RP002-1.0.4, and rules that every row must keep."""

from codec.lorawan import regions
from codec.lorawan.regions import REGIONS
from firmware import config
from firmware.mac.channels import Channels
from firmware.mac.commands import masked
from firmware.mac.joining import add_cf_list

# name: (default channels in MHz, RX2 MHz, RX2 DR, EIRP dBm)
PUBLISHED = {
    "EU868": ((868.1, 868.3, 868.5), 869.525, 0, 16),
    "EU433": ((433.175, 433.375, 433.575), 434.665, 0, 12),
    "IN865": ((865.0625, 865.4025, 865.985), 866.55, 2, 30),
    "KR920": ((922.1, 922.3, 922.5), 921.9, 0, 14),
    "AS923-1": ((923.2, 923.4), 923.2, 2, 16),
    "AS923-2": ((921.4, 921.6), 921.4, 2, 16),
    "AS923-3": ((916.6, 916.8), 916.6, 2, 16),
    "AS923-4": ((917.3, 917.5), 917.3, 2, 16),
    "US915": ((902.3, 902.5, 914.9, 903.0, 914.2), 923.3, 8, 30),
    "AU915": ((915.2, 915.4, 927.8, 915.9, 927.1), 923.3, 8, 30),
}


def hz(mhz):
    return int(mhz * 1000000 + 0.5)


def test_channels_windows_and_power_are_the_published_ones():
    assert sorted(PUBLISHED) == REGIONS.names()
    for name, (channels, rx2_mhz, rx2_data_rate, eirp_dbm) in PUBLISHED.items():
        region = REGIONS[name]
        plan = Channels(region)
        indices = (0, 1, 63, 64, 71) if region.is_fixed else range(len(channels))
        assert [plan.row(index)[0] for index in indices] == [hz(mhz) for mhz in channels], name
        assert region.rx2 == (hz(rx2_mhz), rx2_data_rate), name
        assert region.max_eirp_dbm == eirp_dbm, name


def test_every_row_is_consistent():
    for name in REGIONS.names():
        region = REGIONS[name]
        assert region.name == name and name in REGIONS
        assert regions.has_data_rate(region, region.rx2[1]) and regions.allows(region, region.rx2[0])
        plan = Channels(region)
        for data_rate in range(region.uplink_drs[0], region.uplink_drs[1] + 1):
            if data_rate <= max(row[4] for row in region.grid):
                assert plan.carrying(data_rate), (name, data_rate)
            for offset in range(region.max_rx1_dr_offset + 1):
                assert regions.has_data_rate(region, regions.rx1_data_rate(region, data_rate, offset))
        for index in plan.carrying(region.join_drs[0]):
            up_hz, _, _, rx1_hz = plan.row(index)
            assert regions.allows(region, up_hz) and regions.allows(region, rx1_hz)
        sizes = [row[2] for row in region.data_rates[: region.uplink_drs[1] + 1] if row]
        assert sizes[:4] == sorted(sizes[:4])


def test_rx1_data_rates_are_the_published_tables():
    us915 = [[10, 9, 8, 8], [11, 10, 9, 8], [12, 11, 10, 9], [13, 12, 11, 10], [13, 13, 12, 11]]
    for data_rate, row in enumerate(us915):
        assert [regions.rx1_data_rate(REGIONS["US915"], data_rate, offset) for offset in range(4)] == row
    eu868 = [[0] * 6, [1, 0, 0, 0, 0, 0], [2, 1, 0, 0, 0, 0], [3, 2, 1, 0, 0, 0], [4, 3, 2, 1, 0, 0]]
    eu868 += [[5, 4, 3, 2, 1, 0], [6, 5, 4, 3, 2, 1]]
    for data_rate, row in enumerate(eu868):
        assert [regions.rx1_data_rate(REGIONS["EU868"], data_rate, offset) for offset in range(6)] == row
    as923 = REGIONS["AS923-1"]
    assert [regions.rx1_data_rate(as923, 3, offset) for offset in range(8)] == [3, 2, 1, 0, 0, 0, 4, 5]
    assert [regions.rx1_data_rate(as923, 3, offset, 2) for offset in range(8)] == [3, 2, 2, 2, 2, 2, 4, 5]
    assert [regions.rx1_data_rate(REGIONS["AU915"], 1, offset) for offset in range(6)] == [9, 8, 8, 8, 8, 8]


def test_a_fixed_mask_by_banks_and_by_octets():
    plan = Channels(REGIONS["US915"])
    assert plan.mask == (1 << 72) - 1
    assert masked(plan, plan.mask, 7, 0x0002) == 1 << 65
    assert masked(plan, 1 << 65, 0, 0xFF00) == 0xFF00 | 1 << 65
    assert masked(plan, 0, 5, 0b10) == 0xFF00 | 1 << 65
    assert masked(plan, 0, 6, 0x01) == (1 << 65) - 1
    assert masked(plan, 0, 3, 0x8000) == 1 << 63
    assert masked(plan, (1 << 72) - 1, 4, 0x80) == (1 << 64) - 1 | 1 << 71
    plan.mask = 0xFF00 | 1 << 65
    assert plan.carrying(0) == list(range(8, 16)) and plan.carrying(4) == [65]
    assert Channels(REGIONS["US915"], plan.pack()).mask == plan.mask


def test_cf_lists_add_channels_or_a_mask():
    plan = Channels(REGIONS["EU868"])
    five = b"".join([(8671000 + 2000 * step).to_bytes(3, "little") for step in range(5)])
    add_cf_list(plan, five + b"\x00")
    assert plan.carrying(5) == list(range(8))
    assert [plan.row(index)[0] for index in range(3, 8)] == [867100000 + 200000 * step for step in range(5)]
    again = Channels(REGIONS["EU868"], plan.pack())
    assert again.pack() == plan.pack() and again.carrying(0) == list(range(8))
    plan = Channels(REGIONS["EU868"])
    add_cf_list(plan, five + b"\x01")  # a mask, which is for fixed plans
    assert plan.carrying(5) == [0, 1, 2]
    fixed = Channels(REGIONS["AU915"])
    add_cf_list(fixed, b"\x00\xff" + bytes(6) + b"\x02" + bytes(6) + b"\x01")
    assert fixed.mask == 0xFF00 | 1 << 65


def test_a_config_may_name_exactly_these():
    assert sorted(config.REGIONS) == REGIONS.names()
