"""When, where and through which gateway an answer goes: receive windows as values (RP002-1.0.4, 2.4)."""

import math
from collections.abc import Iterable

from codec.lorawan import frames, regions
from codec.lorawan.frames import Plain
from codec.lorawan.regions import Region
from gateway.model import Downlink, Reception, Session

_TMST_MODULUS = 1 << 32  # a concentrator's microsecond counter wraps every 71 min 35 s


def best(receptions: Iterable[Reception]) -> Reception:
    """The one whose gateway hears the node best, so probably reaches it best."""
    return max(receptions, key=lambda heard: (_or_worst(heard.snr_db), _or_worst(heard.rssi_dbm)))


def windows(
    region: Region, heard: Reception, phy: bytes, delay_s: int, rx1_dr_offset: int, rx2_data_rate: int
) -> tuple[Downlink, ...]:
    """The frame for RX1 and, should the gateway refuse that, for RX2."""
    rx2_hz, _ = region.rx2
    rx2 = _downlink(region, heard, phy, delay_s + 1, rx2_hz, rx2_data_rate)
    try:
        heard_at = regions.data_rate_of(region, *regions.parse_datr(heard.data_rate))
        rx1_data_rate = regions.rx1_data_rate(region, heard_at, rx1_dr_offset)
        return (_downlink(region, heard, phy, delay_s, heard.frequency_hz, rx1_data_rate), rx2)
    except ValueError:  # heard at a frequency or data rate that the region does not have
        return (rx2,)


def acknowledgement(session: Session, fcnt_down: int, is_ack: bool) -> bytes:
    """An empty frame: it confirms an uplink, or only shows a node that asks (ADRACKReq) that it is heard."""
    return frames.build(
        Plain(
            mtype=frames.UNCONFIRMED_DOWN,
            dev_addr=int(session.dev_addr, 16),
            fctrl=frames.ACK if is_ack else 0,
            fcnt=fcnt_down,
            fopts=b"",
            fport=None,
            payload=b"",
        ),
        session.nwk_s_key,
        session.app_s_key,
    )


def _downlink(
    region: Region, heard: Reception, phy: bytes, delay_s: int, frequency_hz: int, data_rate: int
) -> Downlink:
    sf, bw_hz, _ = region.data_rates[data_rate]
    return Downlink(
        gateway_id=heard.gateway_id,
        phy=phy,
        frequency_hz=frequency_hz,
        data_rate=regions.datr(sf, bw_hz),
        power_dbm=regions.sub_band(region, frequency_hz)[3],
        tmst=(heard.tmst + delay_s * 1_000_000) % _TMST_MODULUS,
    )


def _or_worst(level: float | None) -> float:
    return -math.inf if level is None else level
