"""The regions with 64 + 8 fixed channels: US915 and AU915."""

from codec.lorawan.regions import Region

# DR8..DR13, which only gateways use (RP002-1.0.4 2.5.3)
_DOWNLINK_DATA_RATES = (
    (12, 500000, 53),
    (11, 500000, 129),
    (10, 500000, 242),
    (9, 500000, 242),
    (8, 500000, 242),
    (7, 500000, 242),
)

US915 = Region(
    name="US915",
    grid=((64, 902300000, 200000, 0, 3), (8, 903000000, 1600000, 4, 4)),
    is_fixed=True,
    data_rates=(
        (10, 125000, 11),
        (9, 125000, 53),
        (8, 125000, 125),
        (7, 125000, 242),
        (8, 500000, 242),
        None,
        None,
        None,
    )
    + _DOWNLINK_DATA_RATES,
    uplink_drs=(0, 4),
    dwell_sizes=None,
    dwell_ms=400,
    carrier_sense=None,
    join_drs=(0, 4),
    rx1=(10, 8, 13),
    rx1_grid=(923300000, 600000, 8),
    rx2=(923300000, 8),
    rx_delay_s=1,
    join_delay_s=5,
    max_rx1_dr_offset=3,
    max_eirp_dbm=30,
    power_steps=14,
    sub_bands=((902000000, 928000000, 1000, 30),),
)

AU915 = Region(
    name="AU915",
    grid=((64, 915200000, 200000, 0, 5), (8, 915900000, 1600000, 6, 6)),
    is_fixed=True,
    data_rates=(
        (12, 125000, 51),
        (11, 125000, 51),
        (10, 125000, 51),
        (9, 125000, 115),
        (8, 125000, 242),
        (7, 125000, 242),
        (8, 500000, 242),
        None,
    )
    + _DOWNLINK_DATA_RATES,
    uplink_drs=(0, 6),
    dwell_sizes=(0, 0, 11, 53, 125, 242, 242),
    dwell_ms=0,
    carrier_sense=None,
    join_drs=(2, 6),
    rx1=(8, 8, 13),
    rx1_grid=(923300000, 600000, 8),
    rx2=(923300000, 8),
    rx_delay_s=1,
    join_delay_s=5,
    max_rx1_dr_offset=5,
    max_eirp_dbm=30,
    power_steps=14,
    sub_bands=((915000000, 928000000, 1000, 30),),
)
