"""Common Alerting Protocol 1.2: an alarm as the XML that control centres read. Bytes out, nothing else."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Literal

from gateway.words import times

Status = Literal["Test", "Actual", "Exercise"]
MsgType = Literal["Alert", "Update"]

_NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
_LANGUAGES = {"de": "de-DE", "en": "en-GB"}
_RADIUS_KM = 0.1
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_RESERVED = re.compile(r"[\s,<&]")  # of identifier and sender, CAP 3.2.1


@dataclass(frozen=True, slots=True)
class Info:
    """What an alert says in one language."""

    language: str
    event: str
    headline: str
    description: str


@dataclass(frozen=True, slots=True)
class Area:
    """`position` is latitude and longitude, None when nobody knows or may know it."""

    name: str
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """One message. `ended` says that an earlier one, named by its identifier and instant, is over."""

    identifier: str
    sender: str
    sent_at: int
    status: Status
    restriction: str
    category: str
    expires_at: int
    infos: tuple[Info, ...]
    area: Area
    parameters: tuple[tuple[str, str], ...] = ()
    ended: tuple[str, int] | None = None


def to_xml(alert: Alert) -> bytes:
    root = ET.Element(_tag("alert"))
    _add(root, "identifier", _reference(alert.identifier))
    _add(root, "sender", _reference(alert.sender))
    _add(root, "sent", _time(alert.sent_at))
    _add(root, "status", alert.status)
    _add(root, "msgType", "Update" if alert.ended else "Alert")
    _add(root, "scope", "Restricted")
    _add(root, "restriction", alert.restriction)
    if alert.ended:
        identifier, sent_at = alert.ended
        named = (_reference(alert.sender), _reference(identifier), _time(sent_at))
        _add(root, "references", ",".join(named))
    for info in alert.infos:
        _add_info(root, alert, info)
    out: bytes = ET.tostring(root, "utf-8", xml_declaration=True, default_namespace=_NAMESPACE)
    return out


def _add_info(root: ET.Element, alert: Alert, info: Info) -> None:
    """In the order that the schema asks for."""
    block = ET.SubElement(root, _tag("info"))
    _add(block, "language", _LANGUAGES[info.language])
    _add(block, "category", alert.category)
    _add(block, "event", info.event)
    _add(block, "responseType", "AllClear" if alert.ended else "Monitor")
    _add(block, "urgency", "Past" if alert.ended else "Immediate")
    _add(block, "severity", "Minor" if alert.ended else "Moderate")
    _add(block, "certainty", "Observed")
    _add(block, "expires", _time(alert.expires_at))
    _add(block, "headline", info.headline)
    _add(block, "description", info.description)
    for name, value in alert.parameters:
        parameter = ET.SubElement(block, _tag("parameter"))
        _add(parameter, "valueName", name)
        _add(parameter, "value", value)
    area = ET.SubElement(block, _tag("area"))
    _add(area, "areaDesc", alert.area.name)
    if alert.area.position:
        lat, lon = alert.area.position
        _add(area, "circle", f"{lat:.5f},{lon:.5f} {_RADIUS_KM}")


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _tag(name)).text = _UNPRINTABLE.sub(" ", text)


def _tag(name: str) -> str:
    return f"{{{_NAMESPACE}}}{name}"


def _time(time_ms: int) -> str:
    """With its offset and without fractions: the schema knows neither `Z` nor milliseconds."""
    return times.local(time_ms).isoformat(timespec="seconds")


def _reference(text: str) -> str:
    return _RESERVED.sub("_", _UNPRINTABLE.sub("_", text))
