"""What is told of an uplink: the same to followers, to sinks that keep up and to those that read it later."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import devices, events, told
from gateway.counters import Counters
from gateway.decoding import Decoding
from gateway.model import Uplink
from gateway.sinks.body import to_json
from gateway.store import outbox, queries
from gateway.store.outbox import Delivery
from gateway.web import shapes
from tests.gateway.desk import Desk, Node
from tests.gateway.test_app import REPORT


class Ear:
    """Stands for alarms and sinks: keeps what the sinks are owed."""

    def __init__(self) -> None:
        self.owed: list[Delivery] = []

    def saw(self, heard: Sequence[object]) -> None:
        assert heard

    def any(self) -> bool:
        return True

    def owe(self, deliveries: Sequence[Delivery]) -> None:
        self.owed += deliveries


def decoded(desk: Desk, *phys: bytes) -> tuple[list[Uplink], list[Delivery]]:
    uplinks, ear = desk.hear(*map(desk.reception, phys)), Ear()
    with desk.store.transaction():
        Decoding(desk.store, Counters(), ear, ear).take(uplinks)  # type: ignore[arg-type]
    return uplinks, ear.owed


def test_what_is_handed_over_is_what_the_store_has(desk: Desk, node: Node) -> None:
    uplinks, handed = decoded(desk, node.uplink(REPORT), node.uplink(b"\xff"))
    read = outbox.deliveries(desk.store.connection, [each.id for each in uplinks])
    assert [to_json(each) for each in handed] == [to_json(read[each.id]) for each in uplinks]
    assert [json.loads(to_json(each))["error"] is None for each in handed] == [True, False]


def test_followers_are_told_the_objects_of_the_interface(desk: Desk, node: Node) -> None:
    (uplink,), _ = decoded(desk, node.uplink(REPORT))
    last, ((_, kind, said), *readings) = events.read(desk.store.connection, 0, 10)
    row = queries.uplink(desk.store.connection, uplink.id)
    assert (kind, json.loads(said)) == (
        "uplink",
        json.loads(shapes.Uplink.model_validate(row).model_dump_json()),
    )
    found = [
        shapes.Reading.model_validate(each) for each in queries.readings(desk.store.connection, node.dev_eui)
    ]
    assert [json.loads(each.data) for each in readings] == [
        json.loads(each.model_dump_json()) for each in found
    ]
    assert {each.id for each in readings[:-1]} == {last - 1}, (
        "who has not heard the last hears all of it again"
    )
    assert readings[-1].id == last


def test_what_is_deleted_meanwhile_is_stepped_over(desk: Desk, node: Node) -> None:
    decoded(desk, node.uplink(REPORT))
    devices.purge(desk.store, node.dev_eui)
    last, found = events.read(desk.store.connection, 0, 10)
    assert (last, found) == (queries.last_event_id(desk.store.connection), [])
    assert events.read(desk.store.connection, last, 10) == (last, [])


@given(st.text())
def test_any_name_is_a_text_of_json(name: str) -> None:
    assert json.loads(told.text(name)) == name


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.none())
def test_any_number_is_a_number_of_json(value: float | None) -> None:
    assert json.loads(told.number(value)) == value


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_what_json_does_not_have_is_refused(value: float) -> None:
    with pytest.raises((ValueError, OverflowError)):
        told.number(value)
