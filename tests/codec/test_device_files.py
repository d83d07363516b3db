"""Lists of devices: what is written is read again, the makers' own samples are read, a fault has its place.

tts.json and tts.csv are the examples of The Things Stack's "JSON File Reference" and "CSV File Reference"
(TheThingsIndustries/lorawan-stack-docs, doc/content/hardware/devices/adding-devices/adding-devices-in-bulk/
device-json.md and device-csv.md, 0370a4c). Names of ChirpStack's fields: chirpstack/chirpstack,
api/proto/api/device.proto, 0a976c8, as protobuf writes them in JSON.
"""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.desk import device_files
from codec.desk.device_files.entry import Entry, FileError
from codec.wire import WireError

SAMPLES = Path(__file__).parent / "device_files"
KEY = "2b7e151628aed2a6abf7158809cf4f3c"

names = st.text(
    st.characters(min_codepoint=32, exclude_categories=("Cc", "Cs")), min_size=1, max_size=50
).filter(lambda text: "\x7f" not in text)
places = st.fixed_dictionaries(
    {},
    optional={
        "group": names,
        "lat": st.floats(-90, 90),
        "lon": st.floats(-180, 180),
        "mount_mm": st.integers(-100_000_000, 100_000_000),
    },
)


def digits(count: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=count // 2, max_size=count // 2).map(bytes.hex)


otaa = st.builds(
    lambda place, **said: Entry(activation="otaa", **said, **place),
    places,
    dev_eui=digits(16),
    name=names,
    join_eui=digits(16),
    app_key=digits(32),
    join_nonce=st.integers(0, 0xFFFFFF),
)
abp = st.builds(
    lambda place, **said: Entry(activation="abp", **said, **place),
    places,
    dev_eui=digits(16),
    name=names,
    dev_addr=digits(8),
    nwk_s_key=digits(32),
    app_s_key=digits(32),
    fcnt_up=st.integers(0, 0xFFFFFFFF),
    fcnt_down=st.integers(1, 0xFFFFFFFF),
)
lists = st.lists(otaa | abp, min_size=1, max_size=5, unique_by=lambda entry: entry.dev_eui)


def told(entry: Entry, text: str) -> Entry:
    """What the network's format cannot say is not told, and a JoinEUI it makes up is no matter."""
    said: dict[str, Any] = {"activation": None}
    if "join_nonce" not in text:
        said["join_nonce"] = None
    if entry.dev_addr:
        said["join_eui"] = None
    return replace(entry, **said)


@given(lists, st.sampled_from(device_files.KINDS))
def test_json_comes_back(entries: list[Entry], kind: str) -> None:
    text = device_files.to_json(entries, kind, "EU868")
    listing = device_files.parse(text)
    assert listing.kind == kind
    assert device_files.parse(text, kind) == listing
    if kind == "messfunk":
        assert listing.entries == entries
    found = [told(entry, text) for entry in listing.entries]
    assert found == [told(entry, text) for entry in entries]


@given(lists, st.sampled_from(["messfunk", "tts"]))
def test_csv_comes_back(entries: list[Entry], kind: str) -> None:
    text = device_files.to_csv(entries, kind, "EU868")
    listing = device_files.parse("\ufeff" + text.replace("\n", "\r\n"))  # as a spreadsheet saves it
    assert listing.kind == kind
    found = [told(entry, text) for entry in listing.entries]
    assert found == [told(entry, text) for entry in entries]


def test_the_samples_of_the_things_stack_are_read() -> None:
    (device,) = device_files.parse((SAMPLES / "tts.json").read_text()).entries
    assert device == Entry(
        "0102030405060708",
        "My Device",
        join_eui="0102030405060708",
        app_key="01020304050607080102030405060708",
    )
    listing = device_files.parse((SAMPLES / "tts.csv").read_text())
    assert (listing.kind, [each.name for each in listing.entries]) == (
        "tts",
        ["Device 1", "Device 2", "Device 3"],
    )
    assert listing.entries[1].app_key == "2" * 32
    both = (SAMPLES / "tts.json").read_text() + (SAMPLES / "tts.json").read_text().replace("0708", "0709")
    assert len(device_files.parse(both).entries) == 2, "one object after the other"


def test_what_is_written_has_the_fields_that_the_things_stack_needs() -> None:
    """The lines marked "Always" or "Yes" in its tables, for nodes that join and for those that do not."""
    entries = [
        Entry("70b3d57ed0000001", "Aue", join_eui="0" * 16, app_key=KEY),
        Entry("70b3d57ed0000002", "W" * 64, dev_addr="26011bda", nwk_s_key=KEY, app_s_key=KEY, fcnt_up=-1),
    ]
    text = device_files.to_json(entries, "tts", "EU868")
    for row, joins in zip(map(json.loads, text.splitlines()), (True, False), strict=True):
        assert {"device_id", "dev_eui", "join_eui"} <= row["ids"].keys()
        assert {"lorawan_version", "lorawan_phy_version", "frequency_plan_id"} <= row.keys()
        assert row["supports_join"] is joins
        assert len(row["name"]) <= 50
        assert "last_f_cnt_up" not in row.get("session", {}), "a uint: never heard is not told"
    rows = list(csv.DictReader(io.StringIO(device_files.to_csv(entries, "tts", "EU868")), delimiter=";"))
    assert [row["join_eui"] for row in rows] == ["0" * 16] * 2
    with pytest.raises(WireError, match="frequency plan for CN470"):
        device_files.to_json(entries, "tts", "CN470")


def test_chirpstack_counts_what_it_expects_next() -> None:
    """Its DeviceActivation; a 1.0 node's AppKey is its nwkKey, and its NwkSKey stands there three times."""
    entry = Entry(
        "70b3d57ed0000002", "Wehr", dev_addr="26011bda", nwk_s_key=KEY, app_s_key="0" * 32, fcnt_up=6
    )
    row = json.loads(device_files.to_json([entry], "chirpstack", "EU868"))
    active = row["deviceActivation"]
    assert active["fCntUp"] == 7
    assert {active[name] for name in ("fNwkSIntKey", "sNwkSIntKey", "nwkSEncKey")} == {KEY}
    answer = {"device": {"devEui": "70B3D57ED0000003", "name": "Aue"}, "createdAt": "2026-01-01T00:00:00Z"}
    answer |= {"deviceKeys": {"nwkKey": KEY, "appKey": "0" * 32}}
    answer["device"]["joinEui"] = "0" * 16  # type: ignore[index]
    assert device_files.parse(json.dumps(answer)).entries[0].app_key == KEY


ONE = '{"devices": [\n  {"dev_eui": "70b3d57ed0000001", "join_eui": "0000000000000000",\n   "app_key": %s}]}'


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("", (1, 1), "no device"),
        ('{"devices": []}', (1, 1), "no device"),
        (ONE % f'"{KEY}x"', (3, 15), "app_key: expected 32 hexadecimal digits"),
        (ONE % f'"{KEY}", "mount": 3', (3, 60), "mount: unknown"),
        (ONE % f'"{KEY}", "lat": "fifty"', (3, 58), "lat: expected degrees"),
        (ONE % f'"{KEY}", "lat": NaN', (3, 58), "lat: expected degrees"),
        (ONE % f'"{KEY}", "mount_mm": 1.5', (3, 63), "mount_mm: expected an integer"),
        (ONE % f'"{KEY}" "x"', (3, 50), "not JSON"),
        (f'[{{"dev_eui": "70b3d57ed0000001"}}, {{"app_key": "{KEY}"}}]', (1, 35), "dev_eui is missing"),
        ('{"ids": {"dev_eui": "70b3d57ed0000001"},\n"lorawan_version": "MAC_V1_1"}', (2, 20), "1.1"),
        ('[{"dev_eui": "70b3d57ed0000001"} 7', (1, 34), "expected the object of a device"),
        ('{"a":' * 100_000, (1, 1), "nested"),
        ("dev_eui,name\n70b3d57ed0000001,Aue\n70b3d57ed0000001,Wehr", (3, 1), "twice"),
        ("dev_eui,name\n70b3d57ed0000001", (2, 1), "1 cells under 2"),
        (f"dev_eui;join_eui;app_key\n\n70b3d57ed0000001;0000000000000000;{KEY}x", (3, 3), "app_key"),
        ("dev_eui,kind\n", (1, 2), "no column"),
        ("dev_eui,dev_eui\n", (1, 2), "twice"),
        (f'dev_eui,name\n70b3d57ed0000001,"{KEY}', (2, 1), "not CSV"),
        ("id;dev_eui;app_eui;app_key\na;70b3d57ed0000001;;" + KEY, (2, 4), "join_eui is missing"),
    ],
)
def test_a_fault_has_its_place_and_tells_no_key(text: str, place: tuple[int, int], reason: str) -> None:
    with pytest.raises(FileError, match=reason) as refused:
        device_files.parse(text)
    assert refused.value.place == place
    assert KEY not in str(refused.value)


def test_no_repr_shows_a_key() -> None:
    assert KEY not in repr(Entry("70b3d57ed0000001", app_key=KEY, nwk_s_key=KEY, app_s_key=KEY))


@given(st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_no_other_error_escapes(text: str) -> None:
    try:
        device_files.parse(text)
    except FileError as error:
        assert error.place[0] >= 1


@given(
    st.dictionaries(
        st.sampled_from(["ids", "device", "name", "dev_eui", "deviceKeys", "session"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(st.sampled_from(["dev_eui", "devEui", "key", "keys", "tags"]), inner)
            ),
            max_leaves=6,
        ),
    )
)
def test_objects_of_any_shape_are_refused_or_read(row: dict[str, Any]) -> None:
    try:
        device_files.parse(json.dumps([row]))
    except FileError:
        pass
