"""The configuration as the network's wishes of its nodes."""

from codec.lorawan import regions
from gateway.network import channels
from gateway.network.config import NetworkConfig
from gateway.network.mac import Wishes

_HOUR_MS = 3_600_000


def of(config: NetworkConfig) -> Wishes:
    region = regions.REGIONS[config.region]
    rx2_hz, rx2_data_rate = region.rx2
    return Wishes(
        region=region,
        adr=config.adr,
        channels=() if region.is_fixed else channels.added(region, config.channels_hz),
        sub_band=config.sub_band,
        rx_delay_s=config.rx1_delay_s,
        rx1_dr_offset=config.rx1_dr_offset,
        rx2_hz=config.rx2_hz or rx2_hz,
        rx2_data_rate=rx2_data_rate if config.rx2_data_rate is None else config.rx2_data_rate,
        adr_margin_db=config.adr_margin_db,
        status_ms=config.status_every_h * _HOUR_MS or None,
    )
