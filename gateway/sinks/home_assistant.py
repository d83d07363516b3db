"""What Home Assistant has to be told to show a node: MQTT discovery of a device with all its components."""

import json
from collections.abc import Iterable
from typing import Any

from codec.quantities import QUANTITIES
from gateway.mqtt.connection import Said

_INTERNAL = frozenset({"age_s", "number"})
_DIAGNOSTIC = frozenset({"battery", "charge", "status", "reset_cause"})
_MICRO_SIGN, _GREEK_MU = "\u00b5", "\u03bc"  # Home Assistant spells its units with the latter


def status_topic(prefix: str) -> str:
    """Here it says `online` when it has started and may have forgotten what was not retained."""
    return f"{prefix}/status"


def discovery(
    prefix: str, base: str, dev_eui: str, name: str, quantities: Iterable[str], version: str
) -> Said:
    """Retained: without that the node is gone when Home Assistant starts anew."""
    node = f"messfunk_{dev_eui}"
    document = {
        "dev": {"ids": [node], "name": name, "mf": "messfunk", "sn": dev_eui.upper()},
        "o": {"name": "messfunk", "sw": version},  # without an origin the whole device is refused
        "stat_t": f"{base}/{dev_eui}/state",
        "avty_t": f"{base}/bridge/availability",
        "qos": 1,
        "cmps": {name: _component(node, name) for name in quantities if name not in _INTERNAL},
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    return Said(f"{prefix}/device/{node}/config", body, retain=True)


def _component(node: str, name: str) -> dict[str, Any]:
    quantity = QUANTITIES[name]
    component: dict[str, Any] = {
        "p": "sensor",
        "uniq_id": f"{node}_{name}",
        "name": quantity.en,
        "val_tpl": f"{{{{ value_json.{name} }}}}",
        "stat_cla": "total_increasing" if name == "rain_total" else "measurement",
        "sug_dsp_prc": quantity.decimals,
    }
    if quantity.home_assistant_class:
        component["dev_cla"] = quantity.home_assistant_class
    if quantity.home_assistant_unit:
        component["unit_of_meas"] = quantity.home_assistant_unit.replace(_MICRO_SIGN, _GREEK_MU)
    if name in _DIAGNOSTIC:
        component["ent_cat"] = "diagnostic"
    return component
