"""The other regions whose networks add channels: EU433, IN865, KR920 and the four groups of AS923."""

from codec.lorawan.regions import DYNAMIC_DATA_RATES, Region

EU433 = Region(
    name="EU433",
    grid=((3, 433175000, 200000, 0, 5),),
    is_fixed=False,
    data_rates=DYNAMIC_DATA_RATES,
    uplink_drs=(0, 6),
    dwell_sizes=None,
    dwell_ms=0,
    carrier_sense=None,
    join_drs=(0, 5),
    rx1=(0, 0, 6),
    rx1_grid=None,
    rx2=(434665000, 0),
    rx_delay_s=1,
    join_delay_s=5,
    max_rx1_dr_offset=5,
    max_eirp_dbm=12,
    power_steps=5,
    sub_bands=((433050000, 434790000, 100, 12),),
)

IN865 = Region(
    name="IN865",
    grid=((1, 865062500, 0, 0, 5), (1, 865402500, 0, 0, 5), (1, 865985000, 0, 0, 5)),
    is_fixed=False,
    data_rates=DYNAMIC_DATA_RATES[:6],  # DR6 is RFU, DR7 is FSK
    uplink_drs=(0, 5),
    dwell_sizes=None,
    dwell_ms=0,
    carrier_sense=None,
    join_drs=(0, 5),
    rx1=(0, 0, 5),
    rx1_grid=None,
    rx2=(866550000, 2),
    rx_delay_s=1,
    join_delay_s=5,
    max_rx1_dr_offset=7,
    max_eirp_dbm=30,
    power_steps=10,
    sub_bands=((865000000, 867000000, 1000, 30),),
)

# Time and power of KR920 and AS923: LoRaMac-node 4.7, RegionKR920.h and RegionAS923.c.
KR920 = Region(
    name="KR920",
    grid=((3, 922100000, 200000, 0, 5),),
    is_fixed=False,
    data_rates=DYNAMIC_DATA_RATES[:6],
    uplink_drs=(0, 5),
    dwell_sizes=None,
    dwell_ms=0,
    carrier_sense=(6, -65),
    join_drs=(0, 5),
    rx1=(0, 0, 5),
    rx1_grid=None,
    rx2=(921900000, 0),
    rx_delay_s=1,
    join_delay_s=5,
    max_rx1_dr_offset=5,
    max_eirp_dbm=14,
    power_steps=7,
    sub_bands=((920900000, 922000000, 1000, 10), (922000000, 923400000, 1000, 14)),
)

_AS923_DATA_RATES = DYNAMIC_DATA_RATES[:2] + ((10, 125000, 115),) + DYNAMIC_DATA_RATES[3:]


def _as923(group: int, offset_hz: int, from_hz: int, to_hz: int) -> Region:
    """One group of AS923: the same plan, shifted (RP002-1.0.4 2.10.2)."""
    return Region(
        name=f"AS923-{group}",
        grid=((2, 923200000 + offset_hz, 200000, 0, 5),),
        is_fixed=False,
        data_rates=_AS923_DATA_RATES,
        uplink_drs=(0, 6),
        dwell_sizes=(0, 0, 11, 53, 125, 242, 242),
        dwell_ms=0,
        carrier_sense=(5, -80) if group == 1 else None,  # Japan: ARIB STD-T108
        join_drs=(2, 5),
        rx1=(0, 0, 5),
        rx1_grid=None,
        rx2=(923200000 + offset_hz, 2),
        rx_delay_s=1,
        join_delay_s=5,
        max_rx1_dr_offset=7,
        max_eirp_dbm=16,
        power_steps=7,
        sub_bands=((from_hz, to_hz, 10, 16),),
    )


AS923_1 = _as923(1, 0, 915000000, 928000000)
AS923_2 = _as923(2, -1800000, 920000000, 923000000)
AS923_3 = _as923(3, -6600000, 915000000, 921000000)
AS923_4 = _as923(4, -5900000, 917000000, 920000000)
