"""Where each field of a device stands in the files of messfunk, ChirpStack and The Things Stack.

The Things Stack: its "JSON File Reference" and "CSV File Reference", and EndDevice in its end_device.proto.
ChirpStack imports no files: ours are a stream of the bodies of POST /api/devices, .../keys and .../activate
(its device.proto), one object a device. A 1.0 AppKey goes into the field nwkKey there, a NwkSKey into three.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from codec.desk.device_files.entry import FIELDS, SESSION, Entry, FieldError, Path
from codec.wire import WireError

_TTS_PLANS = {
    "EU868": "EU_863_870_TTN",
    "US915": "US_902_928_FSB_2",
    "AU915": "AU_915_928_FSB_2",
    "AS923": "AS_920_923",
    "IN865": "IN_865_867",
    "KR920": "KR_920_923_TTN",
}
_TTS_LONGEST_NAME = 50
_NO_EUI = "0" * 16  # it wants a JoinEUI of nodes that never join, too
_OURS = {name: (name,) for name in FIELDS}


@dataclass(frozen=True)
class Form:
    """`more` is what the network wants besides; `ahead`, by how much our counter is before its own."""

    paths: Mapping[str, Path]
    more: Callable[[Entry, str], dict[Path, Any]] = lambda entry, region: {}
    also: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    ahead: Mapping[str, int] = field(default_factory=dict)
    as_text: frozenset[str] = frozenset()
    is_upper: bool = False
    delimiter: str = ","
    ignores_others: bool = False
    is_1_1: Callable[[Any], bool] = lambda value: False
    version: Path = ()


def _chirpstack(entry: Entry, region: str) -> dict[Path, Any]:
    """Whoever sends it fills in its two ids."""
    said: dict[Path, Any] = {("device", "applicationId"): "", ("device", "deviceProfileId"): ""}
    if entry.app_key:
        said["deviceKeys", "devEui"] = entry.dev_eui
    elif entry.dev_addr:
        said["deviceActivation", "devEui"] = entry.dev_eui
    return said


def _tts(entry: Entry, region: str) -> dict[Path, Any]:
    if region not in _TTS_PLANS:
        raise WireError(
            f"The Things Stack's frequency plan for {region} is not known here: use another format"
        )
    return {
        ("lorawan_version",): "MAC_V1_0_4",
        ("lorawan_phy_version",): "RP002_V1_0_4",
        ("frequency_plan_id",): _TTS_PLANS[region],
    }


def _tts_json(entry: Entry, region: str) -> dict[Path, Any]:
    said = {("ids", "device_id"): f"eui-{entry.dev_eui}", ("ids", "join_eui"): _NO_EUI} | _tts(entry, region)
    said[("supports_join",)] = entry.dev_addr is None
    if entry.lat is not None and entry.lon is not None:
        said["locations", "user", "source"] = "SOURCE_REGISTRY"
    return said


def _tts_csv(entry: Entry, region: str) -> dict[Path, Any]:
    return {("id",): f"eui-{entry.dev_eui}", ("join_eui",): _NO_EUI} | _tts(entry, region)


def _is_key(value: Any) -> bool:
    """ChirpStack tells sixteen zero bytes where a 1.0 node has no second root key."""
    return isinstance(value, str) and value.strip("0") != ""


def _is_tts_1_1(value: Any) -> bool:
    return isinstance(value, str) and value.removeprefix("MAC_V").replace("_", ".").startswith("1.1")


_IN_TAGS = ("group", "lat", "lon", "mount_mm")
_CHIRPSTACK_SESSION = {
    "dev_addr": ("deviceActivation", "devAddr"),
    "nwk_s_key": ("deviceActivation", "fNwkSIntKey"),
    "app_s_key": ("deviceActivation", "appSKey"),
    "fcnt_up": ("deviceActivation", "fCntUp"),
    "fcnt_down": ("deviceActivation", "nFCntDown"),
}
_TTS_SESSION = {
    "dev_addr": ("session", "dev_addr"),
    "nwk_s_key": ("session", "keys", "f_nwk_s_int_key", "key"),
    "app_s_key": ("session", "keys", "app_s_key", "key"),
    "fcnt_up": ("session", "last_f_cnt_up"),
    "fcnt_down": ("session", "last_n_f_cnt_down"),
}

JSON_FORMS = {
    "messfunk": Form(_OURS),
    "chirpstack": Form(
        {
            "dev_eui": ("device", "devEui"),
            "name": ("device", "name"),
            "join_eui": ("device", "joinEui"),
            "app_key": ("deviceKeys", "nwkKey"),
            **_CHIRPSTACK_SESSION,
            **{name: ("device", "tags", name) for name in _IN_TAGS},
        },
        _chirpstack,
        also={"nwk_s_key": (("deviceActivation", "nwkSEncKey"), ("deviceActivation", "sNwkSIntKey"))},
        ahead={"fcnt_up": -1},  # it keeps the next one it expects
        as_text=frozenset(_IN_TAGS),
        ignores_others=True,
        is_1_1=_is_key,
        version=("deviceKeys", "appKey"),
    ),
    "tts": Form(
        {
            "dev_eui": ("ids", "dev_eui"),
            "name": ("name",),
            "join_eui": ("ids", "join_eui"),
            "app_key": ("root_keys", "app_key", "key"),
            "join_nonce": ("last_join_nonce",),
            **_TTS_SESSION,
            "group": ("attributes", "group"),
            "lat": ("locations", "user", "latitude"),
            "lon": ("locations", "user", "longitude"),
            "mount_mm": ("attributes", "mount-mm"),
        },
        _tts_json,
        ahead={"fcnt_down": 1},  # it keeps the last one it used
        as_text=frozenset(("mount_mm",)),
        is_upper=True,
        ignores_others=True,
        is_1_1=_is_tts_1_1,
        version=("lorawan_version",),
    ),
}
_TTS_COLUMNS = {"nwk_s_key": "f_nwk_s_int_key", "fcnt_up": "last_f_cnt_up", "fcnt_down": "last_n_f_cnt_down"}
_NO_COLUMNS = ("activation", "join_nonce")
CSV_FORMS = {
    "messfunk": Form(_OURS),
    "tts": Form(
        # Columns it does not know it ignores: ours go along.
        {
            name: (_TTS_COLUMNS.get(name, name),)
            for name in FIELDS
            if name not in ("activation", "join_nonce")
        },
        _tts_csv,
        ahead={"fcnt_down": 1},
        is_upper=True,
        delimiter=";",
        ignores_others=True,
        is_1_1=_is_tts_1_1,
        version=("lorawan_version",),
    ),
}
_UPPER = {"dev_eui", "join_eui", "app_key", *SESSION}


def found_in(row: Mapping[str, Any], form: Form) -> dict[str, object]:
    """What stands in a row at the places of the form, by our names and counting as we do."""
    if form.is_1_1(_at(row, form.version)):
        raise FieldError(form.version, "a LoRaWAN 1.1 node, which messfunk does not serve")
    found = {name: _at(row, path) for name, path in form.paths.items()}
    for name, ahead in form.ahead.items():
        said = str(found.get(name))
        if said.isascii() and said.isdigit() and len(said) < 20:
            found[name] = int(said) + ahead
    return {name: value for name, value in found.items() if value not in (None, "")}


def _at(row: Mapping[str, Any], path: Path) -> Any:
    value: Any = row
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def to_row(entry: Entry, form: Form, region: str) -> dict[str, Any]:
    """The entry as the network's file has it."""
    places: dict[Path, Any] = form.more(entry, region)
    for name, value in entry.said().items():
        told = value - form.ahead[name] if name in form.ahead else value
        if name not in form.paths or (name in ("fcnt_up", "fcnt_down") and told < 0):
            continue
        told = told.upper() if form.is_upper and name in _UPPER else told
        for path in (form.paths[name], *form.also.get(name, ())):
            places[path] = str(told) if name in form.as_text else told
    if form.is_upper and entry.name:
        places[form.paths["name"]] = entry.name[:_TTS_LONGEST_NAME]
    row: dict[str, Any] = {}
    for path, value in places.items():
        within = row
        for step in path[:-1]:
            within = within.setdefault(step, {})
        within[path[-1]] = value
    return row
