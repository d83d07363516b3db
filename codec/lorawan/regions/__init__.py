"""Regions as rows (RP002-1.0.4): channels, data rates, limits, receive windows, sub-bands.

EU868 stands here; the others are loaded when they are first asked for, so that a board holds one or two rows.
"""

from collections import namedtuple

# grid        default channels, rows (how many, first Hz, step Hz, lowest DR, highest DR)
# is_fixed    the grid is all there is; else up to 16 channels, those beyond the grid added by the network
# data_rates  row DR -> (SF, bandwidth Hz, largest application payload N), None where the DR is no LoRa
# uplink_drs  (lowest, highest) DR a node may send with
# dwell_sizes N by DR while TxParamSetup limits uplinks to 400 ms; None where the region has no such command
# dwell_ms    longest uplink by law whatever the network says; 0: none
# carrier_sense (ms, dBm): how long to listen before an uplink, and what is too loud; None: not asked for
# join_drs    (lowest, highest) DR of a join-request
# rx1         RX1 DR = uplink DR + rx1[0] - offset, kept within rx1[1]..rx1[2]
# rx1_grid    (first Hz, step Hz, how many): where RX1 answers; None: where the uplink was
# rx2         (Hz, DR)
# power_steps largest TXPower index; each is 2 dB below the largest EIRP
# sub_bands   (from Hz, to Hz, share of an hour in 1/1000, largest EIRP dBm)
Region = namedtuple(
    "Region",
    (
        "name",
        "grid",
        "is_fixed",
        "data_rates",
        "uplink_drs",
        "dwell_sizes",
        "dwell_ms",
        "carrier_sense",
        "join_drs",
        "rx1",
        "rx1_grid",
        "rx2",
        "rx_delay_s",
        "join_delay_s",
        "max_rx1_dr_offset",
        "max_eirp_dbm",
        "power_steps",
        "sub_bands",
    ),
)

# SF12..SF7 at 125 kHz and SF7 at 250 kHz: DR0..DR6 of the dynamic plans (RP002-1.0.4 2.4.3)
DYNAMIC_DATA_RATES = (
    (12, 125000, 51),
    (11, 125000, 51),
    (10, 125000, 51),
    (9, 125000, 115),
    (8, 125000, 242),
    (7, 125000, 242),
    (7, 250000, 242),
)

EU868 = Region(
    name="EU868",
    grid=((3, 868100000, 200000, 0, 5),),
    is_fixed=False,
    data_rates=DYNAMIC_DATA_RATES,
    uplink_drs=(0, 6),
    dwell_sizes=None,
    dwell_ms=0,
    carrier_sense=None,
    join_drs=(0, 5),
    rx1=(0, 0, 6),
    rx1_grid=None,
    rx2=(869525000, 0),
    rx_delay_s=1,
    join_delay_s=5,
    max_rx1_dr_offset=5,
    max_eirp_dbm=16,
    power_steps=7,
    sub_bands=(
        (863000000, 865000000, 1, 14),
        (865000000, 868000000, 10, 14),
        (868000000, 868600000, 10, 14),
        (868700000, 869200000, 1, 14),
        (869400000, 869650000, 100, 27),
        (869700000, 870000000, 10, 14),
    ),
)


class _Regions:
    """Name -> Region."""

    # name: (module, name in it)
    _ROWS = {
        "EU868": ("", "EU868"),
        "EU433": (".dynamic", "EU433"),
        "IN865": (".dynamic", "IN865"),
        "KR920": (".dynamic", "KR920"),
        "AS923-1": (".dynamic", "AS923_1"),
        "AS923-2": (".dynamic", "AS923_2"),
        "AS923-3": (".dynamic", "AS923_3"),
        "AS923-4": (".dynamic", "AS923_4"),
        "US915": (".fixed", "US915"),
        "AU915": (".fixed", "AU915"),
    }

    def __getitem__(self, name: str) -> Region:
        module, row = self._ROWS[name]
        return getattr(__import__(__name__ + module, None, None, (row,)), row)

    def __contains__(self, name: object) -> bool:
        return name in self._ROWS

    def names(self) -> "list[str]":
        return sorted(self._ROWS)


REGIONS = _Regions()


def sub_band(region: Region, hz: int) -> "tuple[int, int, int, int]":
    """The row of `sub_bands` a frequency lies in; ValueError when the region does not allow the frequency."""
    return region.sub_bands[sub_band_index(region, hz)]


def sub_band_index(region: Region, hz: int) -> int:
    for index, band in enumerate(region.sub_bands):
        if band[0] <= hz < band[1]:
            return index
    raise ValueError(f"{hz} Hz is not a frequency of {region.name}")


def allows(region: Region, hz: int) -> bool:
    """Whether a frequency lies in one of the region's sub-bands."""
    try:
        return sub_band_index(region, hz) >= 0
    except ValueError:
        return False


def rx1_data_rate(region: Region, uplink_data_rate: int, offset: int, lowest: int = 0) -> int:
    """Data rate of the first receive window (RP002-1.0.4 2.4.7); `lowest`: 2 under a downlink dwell limit."""
    base, least, most = region.rx1
    if offset > 5:  # where 6 and 7 are allowed they raise the data rate by 1 and 2 (2.10.7)
        offset = 5 - offset
    return min(max(uplink_data_rate + base - offset, least, lowest), most)


def data_rate_of(region: Region, sf: int, bw_hz: int) -> int:
    """The row number of a modulation; ValueError when the region does not have it."""
    for index, row in enumerate(region.data_rates):
        if row and row[0] == sf and row[1] == bw_hz:
            return index
    raise ValueError(f"SF{sf}BW{bw_hz // 1000} is not a data rate of {region.name}")


def has_data_rate(region: Region, data_rate: int) -> bool:
    return data_rate < len(region.data_rates) and region.data_rates[data_rate] is not None


def datr(sf: int, bw_hz: int) -> str:
    """A modulation as packet forwarders spell it, such as SF9BW125."""
    return f"SF{sf}BW{bw_hz // 1000}"


def parse_datr(text: str) -> "tuple[int, int]":
    """(SF, bandwidth Hz) of a spelling such as SF9BW125; ValueError when it is another."""
    sf, sep, khz = text[2:].partition("BW")
    if text[:2] != "SF" or not sep or not sf.isdigit() or not khz.isdigit():
        raise ValueError(f"{text!r} is not a LoRa data rate such as SF9BW125")
    return int(sf), int(khz) * 1000
