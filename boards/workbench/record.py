"""The commissioning record as one page to print and sign, in German and English."""

import html
import json
from typing import Any

from boards.workbench.checking import Finding, Record

_STYLE = """
@page { size: A4; margin: 18mm }
body { font: 11pt/1.4 sans-serif; max-width: 174mm; margin: 12mm auto; color: #111 }
h1 { font-size: 18pt; margin: 0 0 2mm; padding-left: 4mm; border-left: 3mm solid }
h1.good { border-color: #1a7f37 } h1.bad { border-color: #b42318 }
h2 { font-size: 12pt; margin: 7mm 0 2mm }
table { border-collapse: collapse; width: 100% }
td { border-bottom: .3mm solid #bbb; padding: 1.2mm 2mm 1.2mm 0; vertical-align: top }
td:first-child { width: 52mm } td.mark { width: 12mm; font-weight: bold }
tr.bad td { color: #b42318 }
.sign { margin-top: 18mm; display: flex; gap: 12mm }
.sign p { flex: 1; border-top: .3mm solid; padding-top: 1mm }
"""
# As the technician's page says them.
_NAMES = {
    "memory": "Speicher / memory",
    "identity": "Kennung / DevEUI",
    "config": "Sensoren laut Konfiguration / sensors in the config",
    "battery": "Batterie / battery",
    "radio": "Funkchip / radio",
    "join": "Beitritt zum Netz / join",
    "reach": "Reichweite / reach",
    "lat": "Breite / latitude",
    "lon": "Länge / longitude",
    "mount_mm": "Höhe über Pegelnull / height over the gauge zero",
    "photo": "Foto / photo",
    "name": "Name",
}
_UNITS = {"mount_mm": "mm", "lat": "°", "lon": "°"}
# Quantity of a sensor: unit, digits of its steps behind the point.
_STEPS = {
    "distance": ("mm", 0), "temperature": ("°C", 1), "humidity": ("%", 0), "pressure": ("hPa", 1),
    "pm1": ("µg/m³", 1), "pm25": ("µg/m³", 1), "pm4": ("µg/m³", 1), "pm10": ("µg/m³", 1),
}  # fmt: skip


def page(record: Record) -> str:
    verdict = "In Ordnung / good" if record.good else "NICHT in Ordnung / NOT good"
    rows = "".join(
        f"<tr class={'good' if one.good else 'bad'}><td>{_name(one.name)}<td class=mark>"
        f"{mark(one, 'NEIN')}<td>{html.escape(said(one.name, one.value))}"
        for one in record.findings
    )
    site = "".join(
        f"<tr><td>{_name(key)}<td>{html.escape(str(value))} {_UNITS.get(key, '')}"
        for key, value in record.site.items()
    )
    return (
        "<!doctype html><html lang=de><meta charset=utf-8>"
        f"<title>Inbetriebnahme / commissioning {record.dev_eui or ''}</title><style>{_STYLE}</style>"
        f"<h1 class={'good' if record.good else 'bad'}>{verdict}</h1>"
        f"<p>Inbetriebnahme / commissioning, {html.escape(record.time[:16].replace('T', ' '))} UTC</p>"
        f"<h2>Ort / place</h2><table>{site or '<tr><td>nicht angegeben / not given<td>'}</table>"
        f"<h2>Prüfung / check</h2><table>{rows}</table>"
        "<div class=sign><p>Datum / date</p><p>Name</p><p>Unterschrift / signature</p></div></html>\n"
    )


def mark(finding: Finding, no: str = "NO") -> str:
    """A data rate without an answer is neither good nor bad: the reach decides."""
    if not finding.good:
        return no
    return "-" if finding.name.startswith("link ") and not isinstance(finding.value, dict) else "ok"


def said(name: str, value: Any) -> str:
    """A finding's value as people read it."""
    if name == "battery" and isinstance(value, int):
        return f"{value / 100:.2f} V"
    if name == "memory" and isinstance(value, int):
        return f"{value // 1024} kB"
    if isinstance(value, dict) and "margin_db" in value:
        rate = f"{value['data_rate']}: " if "data_rate" in value else ""
        return f"{rate}{value['margin_db']} dB, {value['gateways']} Gateway(s)"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_quantity(key, step)}" for key, step in value.items())
    return value if isinstance(value, str) else json.dumps(value)


def _quantity(name: str, step: Any) -> str:
    if isinstance(step, str) or name not in _STEPS:
        return str(step)
    unit, digits = _STEPS[name]
    return f"{step / 10**digits:.{digits}f} {unit}"


def _name(name: str) -> str:
    return html.escape(
        _NAMES.get(name, name.replace("sensor ", "Sensor ").replace("link ", "Funkprobe / link "))
    )
