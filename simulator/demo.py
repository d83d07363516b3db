"""The demo's scenario: gauges down a valley, two gateways, and a flood that is just arriving."""

import math
from datetime import datetime

from simulator.scenario import CreekRow, GatewayRow, NodeRow, Scenario

HISTORY_H = 6  # what lies behind when the page opens
MOST_NODES = 200
_NAMES = (
    "Obermühle",
    "Quellgrund",
    "Steinbrücke",
    "Sägewerk",
    "Schulwiese",
    "Marktbrücke",
    "Untermühle",
    "Feuerwehrhaus",
    "Erlenau",
    "Bahndamm",
    "Wehr am Anger",
    "Aue",
)
_SOURCE = (50.5660, 9.6480)  # lat, lon of the uppermost gauge
_MOUTH = (50.5360, 9.7160)
_GATEWAYS = (("Rathaus", 50.5545, 9.6700, 25), ("Kirchturm", 50.5440, 9.7010, 60))


def scenario(nodes: int, start: datetime) -> Scenario:
    """`nodes` gauges from the source to the mouth; the flood reaches each a little later and higher."""
    return Scenario(
        seed=12,
        start=start,
        interval_s=300,
        sensor_noise_mm=2.0,
        creek=CreekRow(peak_mm=900, rain_h=[HISTORY_H - 0.9]),
        gateway=[
            GatewayRow(
                name=name, eui=f"aa555a00000002{number:02x}", lat=lat, lon=lon, backhaul_ms=backhaul_ms
            )
            for number, (name, lat, lon, backhaul_ms) in enumerate(_GATEWAYS, 1)
        ],
        node=[_gauge(number, number / max(1, nodes - 1)) for number in range(nodes)],
    )


def _gauge(number: int, way: float) -> NodeRow:
    """The gauge at `way` between source (0) and mouth (1); the valley winds a little."""
    lat = _SOURCE[0] + way * (_MOUTH[0] - _SOURCE[0]) + 0.0015 * math.sin(9 * way)
    lon = _SOURCE[1] + way * (_MOUTH[1] - _SOURCE[1]) + 0.0020 * math.cos(7 * way)
    turn, place = divmod(number, len(_NAMES))
    return NodeRow(
        name=_NAMES[place] + (f" {turn + 1}" if turn else ""),
        dev_eui=f"0200006d660001{number:02x}",
        lat=round(lat, 5),
        lon=round(lon, 5),
        mount_mm=2600 + round(1400 * way),
        base_mm=180 + round(320 * way),
        travel_min=round(70 * way),
        scale=round(0.7 + 0.6 * way, 2),
        data_rate=3 + number % 3,
    )
