"""What goes down, and where a node listens for it: frames and windows as values (RP002-1.0.4 2.4)."""

from dataclasses import dataclass
from typing import NamedTuple

from codec.lorawan import airtime, frames, regions
from codec.lorawan.frames import Plain
from codec.lorawan.regions import Region
from gateway.model import Downlink, Opening, Reception, Session
from gateway.network import channels

MOST_FOPTS = 15
AT_ONCE = 0
_BARE = 12  # MHDR, FHDR without FOpts, MIC
_AROUND_N = 13  # the same and FPort: what a window's N does not count
_TMST_MODULUS = 1 << 32  # a concentrator's microsecond counter wraps every 71 min 35 s
_DWELL_DATA_RATE = 2  # the slowest that a downlink may have where TxParamSetup limits its length


class Listening(NamedTuple):
    """How a node opens its windows after an uplink."""

    delay_s: int
    rx1_dr_offset: int
    rx2: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """One of them: RX1 or RX2, its place on the air, and the longest frame for it (RP002-1.0.4 2.4.6)."""

    number: int
    delay_ms: int
    frequency_hz: int
    data_rate: int
    longest: int


@dataclass(frozen=True, slots=True)
class Content:
    """All of a downlink but its counter."""

    mtype: int = frames.UNCONFIRMED_DOWN
    fctrl: int = 0
    fopts: bytes = b""
    fport: int | None = None
    payload: bytes = b""

    @property
    def size(self) -> int:
        return _BARE + len(self.fopts) + len(self.payload) + (self.fport is not None)


def windows(region: Region, heard: Reception, listening: Listening) -> tuple[Window, ...]:
    """RX1 and RX2; only RX2 when the frame came at a frequency or data rate that the region does not have."""
    rx2_hz, rx2_data_rate = listening.rx2
    delay_ms = listening.delay_s * 1000
    rx2 = Window(2, delay_ms + 1000, rx2_hz, rx2_data_rate, _longest(region, rx2_data_rate))
    try:
        heard_at = regions.data_rate_of(region, *regions.parse_datr(heard.data_rate))
        lowest = _DWELL_DATA_RATE if _has_dwell(region) else 0
        data_rate = regions.rx1_data_rate(region, heard_at, listening.rx1_dr_offset, lowest)
        rx1_hz = channels.rx1_hz(region, heard.frequency_hz)
        regions.sub_band(region, rx1_hz)
        return (Window(1, delay_ms, rx1_hz, data_rate, _longest(region, data_rate)), rx2)
    except ValueError:
        return (rx2,)


def at_once(region: Region, rx2: tuple[int, int]) -> Window:
    """RX2 of a class C node, open whenever it does not send."""
    frequency_hz, data_rate = rx2
    return Window(AT_ONCE, 0, frequency_hz, data_rate, _longest(region, data_rate))


def placed(
    region: Region, heard: Reception, window: Window, phy: bytes, second: Window | None = None
) -> Downlink:
    """The frame for one window, by the clock of the gateway that is to send it; `second` would do too."""
    sf, bw_hz, _ = region.data_rates[window.data_rate]
    return Downlink(
        gateway_id=heard.gateway_id,
        phy=phy,
        frequency_hz=window.frequency_hz,
        data_rate=regions.datr(sf, bw_hz),
        power_dbm=regions.sub_band(region, window.frequency_hz)[3],
        tmst=None if window.number == AT_ONCE else (heard.tmst + window.delay_ms * 1000) % _TMST_MODULUS,
        opening=_opening(heard, window, second),
    )


def _opening(heard: Reception, window: Window, second: Window | None) -> Opening:
    """RX2 opens a second after RX1."""
    is_first = window.number == 1
    rx2 = second if is_first else window
    delay_s = window.delay_ms // 1000 - (window.number == 2)
    return Opening(heard.tmst, delay_s, _place(window) if is_first else None, _place(rx2) if rx2 else None)


def _place(window: Window) -> tuple[int, int]:
    return window.data_rate, window.frequency_hz


def on_air_us(region: Region, window: Window, size: int) -> int:
    sf, bw_hz, _ = region.data_rates[window.data_rate]
    return airtime.airtime_us(size, sf, bw_hz, crc=False)


def build(session: Session, content: Content, fcnt: int) -> bytes:
    plain = Plain(
        mtype=content.mtype,
        dev_addr=int(session.dev_addr, 16),
        fctrl=content.fctrl,
        fcnt=fcnt,
        fopts=content.fopts,
        fport=content.fport,
        payload=content.payload,
    )
    return frames.build(plain, session.nwk_s_key, session.app_s_key)


def _has_dwell(region: Region) -> bool:
    """Until a TxParamSetupReq lifts it, which this network does not send."""
    return region.dwell_sizes is not None and not region.is_fixed


def _longest(region: Region, data_rate: int) -> int:
    sizes = region.dwell_sizes if _has_dwell(region) else None
    return _AROUND_N + int(sizes[data_rate] if sizes else region.data_rates[data_rate][2])
