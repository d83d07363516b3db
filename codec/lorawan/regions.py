"""Regions as rows (RP002-1.0.4): channels, data rates, limits, receive windows, sub-bands."""

from collections import namedtuple

# `channels_hz`: the join channels; `data_rates`: row DR -> (SF, bandwidth Hz, largest application payload N);
# `rx2`: (Hz, DR); `sub_bands`: (from Hz, to Hz, share of an hour in 1/1000, largest EIRP dBm).
Region = namedtuple(
    "Region",
    (
        "name",
        "channels_hz",
        "data_rates",
        "rx2",
        "rx_delay_s",
        "join_delay_s",
        "max_rx1_dr_offset",
        "max_eirp_dbm",
        "sub_bands",
    ),
)

EU868 = Region(
    name="EU868",
    channels_hz=(868100000, 868300000, 868500000),
    data_rates=(
        (12, 125000, 51),
        (11, 125000, 51),
        (10, 125000, 51),
        (9, 125000, 115),
        (8, 125000, 242),
        (7, 125000, 242),
        (7, 250000, 242),
    ),
    rx2=(869525000, 0),
    rx_delay_s=1,
    join_delay_s=5,
    max_rx1_dr_offset=5,
    max_eirp_dbm=16,
    sub_bands=(
        (863000000, 865000000, 1, 14),
        (865000000, 868000000, 10, 14),
        (868000000, 868600000, 10, 14),
        (868700000, 869200000, 1, 14),
        (869400000, 869650000, 100, 27),
        (869700000, 870000000, 10, 14),
    ),
)

REGIONS = {"EU868": EU868}


def sub_band(region: Region, hz: int) -> "tuple[int, int, int, int]":
    """The row of `sub_bands` a frequency lies in; ValueError when the region does not allow the frequency."""
    for band in region.sub_bands:
        if band[0] <= hz < band[1]:
            return band
    raise ValueError(f"{hz} Hz is not a frequency of {region.name}")


def rx1_data_rate(region: Region, uplink_data_rate: int, offset: int) -> int:
    """Data rate of the first receive window (RP002-1.0.4 2.4.7)."""
    return max(uplink_data_rate - offset, 0)


def data_rate_of(region: Region, sf: int, bw_hz: int) -> int:
    """The row number of a modulation; ValueError when the region does not have it."""
    for index, row in enumerate(region.data_rates):
        if row[0] == sf and row[1] == bw_hz:
            return index
    raise ValueError(f"SF{sf}BW{bw_hz // 1000} is not a data rate of {region.name}")


def datr(sf: int, bw_hz: int) -> str:
    """A modulation as packet forwarders spell it, such as SF9BW125."""
    return f"SF{sf}BW{bw_hz // 1000}"


def parse_datr(text: str) -> "tuple[int, int]":
    """(SF, bandwidth Hz) of a spelling such as SF9BW125; ValueError when it is another."""
    sf, sep, khz = text[2:].partition("BW")
    if text[:2] != "SF" or not sep or not sf.isdigit() or not khz.isdigit():
        raise ValueError(f"{text!r} is not a LoRa data rate such as SF9BW125")
    return int(sf), int(khz) * 1000
