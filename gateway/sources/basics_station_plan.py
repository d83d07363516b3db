"""router_config of LoRa Basics Station: what a region's rows mean for the two radios of a gateway."""

from dataclasses import dataclass
from typing import Any

from codec.lorawan import regions
from codec.lorawan.regions import Region
from codec.wire import WireError
from gateway.sources.basics_station_parts import integer, number, short_text, text_of

DATA_RATES = 16
_UNDEFINED = (-1, 0, 0)
_FSK = (0, 0, 0)
_DYNAMIC_RATES = 7  # DR0..DR6; DR7 is FSK
_RADIO_SPAN_HZ = 400_000  # how far a channel may lie from the middle of its radio
_MULTI_SF = 8
_GROUP = 8
_NARROW_KHZ = 125

Row = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class RouterConfig:
    """What the LNS tells a station to receive with. `data_rates`: (SF, bandwidth in kHz, downlink only)."""

    region: str
    data_rates: tuple[Row, ...]
    channels: tuple[Row, ...]  # Hz, lowest and highest data rate
    max_eirp_dbm: float
    freq_range: tuple[int, int]
    mux_time_s: float | None = None


def config_of(region: Region, channels_hz: tuple[int, ...] = (), sub_band: int = 0) -> RouterConfig:
    """The region's channels, of a fixed plan those of one group of eight, and further ones on all data rates.

    ValueError when a gateway's two radios cannot receive them all.
    """
    rates = [_rate(region, place) for place in range(len(region.data_rates))]
    rates += [_FSK] * (len(rates) == _DYNAMIC_RATES)
    rates += [_UNDEFINED] * (DATA_RATES - len(rates))
    high = max(place for place, (sf, khz, _) in enumerate(rates) if sf > 0 and khz == _NARROW_KHZ)
    further = [(hz, 0, high) for hz in channels_hz]
    channels = sorted({*(_group(region, sub_band) if region.is_fixed else _grid(region)), *further})
    bands = region.sub_bands
    found = RouterConfig(
        region.name,
        tuple(rates),
        tuple(channels),
        float(max(band[3] for band in bands)),
        (min(band[0] for band in bands), max(band[1] for band in bands)),
    )
    _radios(found)
    return found


def router_config(said: RouterConfig) -> str:
    return text_of(
        {
            "msgtype": "router_config",
            "NetID": None,
            "JoinEui": None,
            "region": said.region,
            "hwspec": "sx1301/1",
            "freq_range": list(said.freq_range),
            "DRs": [list(row) for row in said.data_rates],
            "sx1301_conf": [_radios(said)],
            "upchannels": [list(row) for row in said.channels],
            "max_eirp": said.max_eirp_dbm,
            "bcning": None,
            "MuxTime": said.mux_time_s,
        }
    )


def read_router_config(fields: dict[str, Any]) -> RouterConfig:
    spans = fields.get("freq_range")
    if not isinstance(spans, list) or len(spans) != 2 or not all(type(each) is int for each in spans):
        raise WireError("freq_range is not two integers")
    return RouterConfig(
        short_text(fields, "region"),
        _rows(fields, "DRs", DATA_RATES),
        _rows(fields, "upchannels", 64),
        number(fields, "max_eirp") or 0.0,
        (spans[0], spans[1]),
        number(fields, "MuxTime"),
    )


def data_rate(region: Region, place: int) -> str:
    """As Semtech spells it, from its place in the table; WireError where the region has no such LoRa rate."""
    if not regions.has_data_rate(region, place):
        raise WireError(
            f"DR{integer({'DR': place}, 'DR', 0, DATA_RATES - 1)} is no LoRa data rate of {region.name}"
        )
    sf, bw_hz, _ = region.data_rates[place]
    return regions.datr(sf, bw_hz)


def _rate(region: Region, place: int) -> Row:
    row = region.data_rates[place]
    if row is None:
        return _UNDEFINED
    is_down_only = region.is_fixed and place > region.uplink_drs[1]
    return (row[0], row[1] // 1000, int(is_down_only))


def _grid(region: Region) -> list[Row]:
    return [
        (first_hz + number * step_hz, low, high)
        for count, first_hz, step_hz, low, high in region.grid
        for number in range(count)
    ]


def _group(region: Region, sub_band: int) -> list[Row]:
    """Eight channels and the wide one among them (RP002-1.0.4 2.5.3)."""
    if not sub_band:
        raise ValueError(
            f"the stations of {region.name} receive one group of 8 channels: set [network] sub_band"
        )
    grid = _grid(region)
    first = (sub_band - 1) * _GROUP
    return [*grid[first : first + _GROUP], grid[len(grid) - _GROUP + sub_band - 1]]


def _radios(said: RouterConfig) -> dict[str, Any]:
    """The two radios of an SX1301 and the distances of its channels from them."""
    conf: dict[str, Any] = {"chan_FSK": {"enable": False}, "chan_Lora_std": {"enable": False}}
    middles: list[int] = []
    narrow = [hz for hz, low, _ in said.channels if said.data_rates[low][1] == _NARROW_KHZ]
    for place, hz in enumerate(narrow):
        conf[f"chan_multiSF_{place}"] = {"enable": True, **_tuned(middles, hz)}
    for hz, low, _ in said.channels:
        sf, khz, _ = said.data_rates[low]
        if khz > _NARROW_KHZ:
            wide = {"bandwidth": khz * 1000, "spread_factor": sf}
            conf["chan_Lora_std"] = {"enable": True, **_tuned(middles, hz), **wide}
    if len(middles) > 2 or len(narrow) > _MULTI_SF:
        raise ValueError(
            f"{len(narrow)} channels at {', '.join(f'{hz / 1e6:g}' for hz in narrow)} MHz are more than "
            "the two radios of a gateway receive"
        )
    conf |= {f"chan_multiSF_{place}": {"enable": False} for place in range(len(narrow), _MULTI_SF)}
    conf |= {
        f"radio_{at}": {"enable": True, "freq": middles[at]} if at < len(middles) else {"enable": False}
        for at in range(2)
    }
    return conf


def _tuned(middles: list[int], hz: int) -> dict[str, int]:
    """Which radio receives a channel, and how far from its middle; a further radio if it takes one."""
    radio = next((at for at, mid in enumerate(middles) if abs(hz - mid) <= _RADIO_SPAN_HZ), len(middles))
    if radio == len(middles):
        middles.append(hz + _RADIO_SPAN_HZ)
    return {"radio": radio, "if": hz - middles[radio]}


def _rows(fields: dict[str, Any], name: str, most: int) -> tuple[Row, ...]:
    rows = fields.get(name)
    if not isinstance(rows, list) or not 0 < len(rows) <= most:
        raise WireError(f"{name} is not a list of 1 to {most} rows")
    for row in rows:
        if not isinstance(row, list) or len(row) != 3 or not all(type(each) is int for each in row):
            raise WireError(f"{name} has a row that is not of three integers")
    return tuple((row[0], row[1], row[2]) for row in rows)
