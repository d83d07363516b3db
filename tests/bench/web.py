"""`make bench-web`: what the pages weigh and how soon they are there, in headless Chromium.

A village of 12 places, and a district of 400 with a base map; 150 ms round trip, 1.6 Mbit/s and a processor
four times slower by Chromium's own throttling, nothing cached, the median of five. Beside other work as root:
`chrt -r 1 make bench-web`.
"""

import json
import math
import subprocess
import tempfile
from pathlib import Path

from gateway.web.section import PageConfig
from tests.e2e import village
from tests.e2e.conftest import FastClock, serving
from tests.gateway.web.ledger import MINUTE, NOW, Ledger

_DRIVER = Path(__file__).with_suffix(".mjs")
_COMMUNES = 23
_PLACES = 400


def district(path: Path) -> Ledger:
    """Each place with six hours of readings."""
    ledger = Ledger(path)
    with ledger.store.transaction():
        for number in range(_PLACES):
            dev_eui = f"{0x0200006D66100000 + number:016x}"
            where = (50.3 + 0.6 * ((number * 0.618) % 1), 9.3 + 0.9 * ((number * 0.414) % 1))
            ledger.add(dev_eui, f"Pegel {number:03}", since=NOW - 600 * MINUTE, place=where)
            for minute in range(360, 0, -15):
                level = 800 + 200 * math.sin(number + minute / 200)
                ledger.hear(dev_eui, NOW - minute * MINUTE, {"level": round(level), "battery": 3.6})
    return ledger


def base_map(path: Path) -> Path:
    """So many communes with 60 corners each."""
    features = []
    for number in range(_COMMUNES):
        x, y = 9.35 + 0.2 * (number % 5), 50.33 + 0.13 * (number // 5)
        angles = [math.tau * corner / 60 for corner in range(61)]
        ring = [[round(x + 0.1 * math.cos(a), 5), round(y + 0.065 * math.sin(a), 5)] for a in angles]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"name": f"G{number}"}, "geometry": geometry})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def measure(url: str, *cases: str) -> None:
    subprocess.run(["node", str(_DRIVER), url, *cases], check=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        page = PageConfig(map_file=base_map(Path(folder, "map.geojson")))
        small, large = village.build(Path(folder, "village.db")), district(Path(folder, "district.db"))
        print("village, 12 places:", flush=True)
        with serving(small, FastClock(), page=page) as site:
            measure(
                site.url, "first=", f"first=sites/{village.CREEK}", "whole=", f"year=sites/{village.CREEK}"
            )
        print(f"district, {_PLACES} places:", flush=True)
        with serving(large, FastClock(), page=page) as site:
            measure(site.url, "first=", "whole=", "pan=")
        small.store.close()
        large.store.close()


if __name__ == "__main__":
    main()
