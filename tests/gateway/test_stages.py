"""What an uplink says: against payloads encoded by cbor2, not by our own encoder."""

from collections.abc import Sequence
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.message import ROWS
from codec.wire import WireError
from gateway import stages
from gateway.model import Installation, Reading, Uplink

BIT = {row.name: row.bit for row in ROWS}
CENTRE = {row.name: row.centre for row in ROWS}


def decode(content: Uplink, installations: Sequence[Installation] = ()) -> list[Reading]:
    return stages.decode(content, installations).readings


def payload(**items: Any) -> bytes:
    """A report with these items, which are values less their centre, or a list as a fault."""
    bitmap = sum(1 << BIT[name] for name in items) - 16
    ordered = sorted(items.items(), key=lambda item: BIT[item[0]])
    return cbor2.dumps([bitmap, *(value for _, value in ordered)])


def uplink(content: bytes, fport: int | None = 1) -> Uplink:
    return Uplink(
        id="00" * 8,
        session_id=1,
        dev_eui="70b3d57ed0000001",
        dev_addr="00000001",
        fcnt=0,
        fport=fport,
        confirmed=False,
        received_at=1_000_000_000,
        phy=b"",
        payload=content,
    )


def installed(mount_mm: int | None) -> list[Installation]:
    return [Installation("aue", "70b3d57ed0000001", from_ms=0, mount_mm=mount_mm)]


def values(content: bytes, mount_mm: int | None = None) -> dict[str, float | str | None]:
    readings = decode(uplink(content), installed(mount_mm))
    return {reading.quantity: reading.fault or reading.value for reading in readings}


def test_a_report_becomes_readings_in_units() -> None:
    content = payload(distance=1766 - CENTRE["distance"], temperature=-5, battery=1)
    assert values(content) == {"distance": 1766.0, "temperature": 9.5, "battery": 3.61}


def test_a_level_is_the_mounting_height_less_the_distance() -> None:
    content = payload(distance=0)
    assert values(content, 3000) == {"distance": 1654.0, "level": 1346.0}
    assert values(content, 1000)["level"] == -654.0


def test_a_faulty_distance_makes_a_faulty_level() -> None:
    assert values(payload(distance=[3]), 3000) == {"distance": "no_echo", "level": "no_echo"}


def test_no_distance_makes_no_level() -> None:
    assert values(payload(temperature=0), 3000) == {"temperature": 10.0}


def test_a_reading_carries_all_that_is_known() -> None:
    (reading,) = decode(uplink(payload(temperature=[1])))
    assert reading == Reading(
        "70b3d57ed0000001", "temperature", 1_000_000_000, None, "no_answer", 2, "00" * 8
    )


def test_the_age_moves_the_reading_back_and_is_no_reading_itself() -> None:
    readings = decode(uplink(payload(temperature=0, number=7, age_s=90)))
    assert [(reading.quantity, reading.time) for reading in readings] == [
        ("temperature", 1_000_000_000 - 90_000)
    ]


@pytest.mark.parametrize("age_s", [[2], 10, -1, 2_678_401, 2**32 - 1])
def test_an_age_out_of_its_range_cannot_be_told(age_s: object) -> None:
    with pytest.raises(WireError, match="cannot be dated"):
        decode(uplink(payload(temperature=0, age_s=age_s)))


def test_a_batch_that_nothing_dates_is_refused() -> None:
    """A node's clock that was never told counts from its start: 46 years ago."""
    young, old = ([-22, 5, [BIT["distance"], 300, age_s], 0, 0] for age_s in (86_400, 1_463_000_000))
    assert len(decode(uplink(cbor2.dumps(young), 2))) == 2
    with pytest.raises(WireError, match="never told"):
        decode(uplink(cbor2.dumps(old), 2))


@pytest.mark.parametrize("fport", [None, 1, 2, 10, 223, 224, 255])
def test_the_port_does_not_matter(fport: int | None) -> None:
    assert len(decode(uplink(payload(temperature=0), fport))) == 1


def test_mac_commands_are_no_report() -> None:
    """They are for the network: nothing measured, and nothing wrong either."""
    for mac_only in (uplink(payload(temperature=0), fport=0), uplink(b"", fport=None)):
        assert stages.decode(mac_only) == (None, [], [])


@pytest.mark.parametrize("content", [b"", b"\x00", b"\x80", b"\xa0", b"hello", b"\x9f\x00\xff", b"\x83\x00"])
def test_what_is_no_report_is_refused(content: bytes) -> None:
    with pytest.raises(WireError):
        decode(uplink(content))


def test_a_value_that_no_node_would_send_is_still_a_number() -> None:
    assert values(payload(distance=2**32 - 1), 0)["distance"] == 2**32 - 1 + CENTRE["distance"]


@given(st.binary(max_size=60))
def test_random_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        readings = decode(uplink(content), installed(3000))
    except WireError:
        return
    assert all((reading.value is None) == (reading.fault is not None) for reading in readings)


def times(content: bytes, quantity: str) -> list[tuple[int, float | str | None]]:
    """Seconds before the reception, and what was measured then."""
    received_at = uplink(content).received_at
    return [
        ((reading.time - received_at) // 1000, reading.fault or reading.value)
        for reading in decode(uplink(content), installed(4000))
        if reading.quantity == quantity
    ]


def test_a_batch_is_dated_backwards_from_its_last_reading_and_gaps_stay_gaps() -> None:
    distance = [row.name for row in ROWS].index("distance")
    series = [distance, 60, 120]
    content = cbor2.dumps([-22, 7, series, 1000 - CENTRE["distance"], None, [3], 5])
    assert times(content, "distance") == [(-120, 1005.0), (-180, "no_echo"), (-300, 1000.0)]
    assert times(content, "level") == [(-120, 2995.0), (-180, "no_echo"), (-300, 3000.0)]


def test_an_alarm_is_a_reading_of_its_moment() -> None:
    content = cbor2.dumps([-18, 9, 1, 1500 - CENTRE["distance"], 12, 30])
    assert times(content, "level") == [(-30, 2500.0)]


@pytest.mark.parametrize("said", [[-19, 1, 2, 3, 4, 5, 6, []], [-21, 5, 0]])
def test_a_hello_and_an_answer_measure_nothing(said: list[Any]) -> None:
    assert decode(uplink(cbor2.dumps(said), 4), installed(4000)) == []


def test_a_command_does_not_come_from_a_node() -> None:
    with pytest.raises(WireError, match="no node sends"):
        decode(uplink(cbor2.dumps([-20, 1, [1, 300]]), 10))


def test_what_cannot_be_is_kept_and_flagged() -> None:
    """No node's encoder would send it: 50 m of distance, beside a temperature that is fine."""
    content = payload(distance=50_000 - CENTRE["distance"], temperature=0)
    flags = {reading.quantity: reading.flag for reading in decode(uplink(content), installed(4000))}
    assert flags == {"distance": 4, "level": 4, "temperature": 2}
