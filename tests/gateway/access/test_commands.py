"""One transaction and one row of the audit log, whoever runs what; and no secret in that row."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access import audit
from gateway.access.roles import ForbiddenError, Principal, Role
from gateway.commands import ArgumentError, Command, Writer, Writing
from gateway.model import ConflictError, GatewayError, NotFoundError
from tests.gateway.access.conftest import APP_KEY, DEV_EUI, FOUNDER, OTAA, House

VIEWER = Principal("guest", Role.VIEWER, "0000")
KEY_BEARING = ("device.add", {"dev_eui": DEV_EUI, "name": "Aue", "keys": OTAA})


def test_a_command_is_done_and_written_down(house: House) -> None:
    house.writer.run(FOUNDER, *KEY_BEARING)
    (entry,) = house.audit()
    assert (entry["actor"], entry["command"], entry["error"]) == ("founder", "device.add", None)
    assert json.loads(entry["arguments"])["name"] == "Aue"
    assert house.ledger.store.device(DEV_EUI)


def test_what_fails_is_undone_and_written_down(house: House) -> None:
    def half(writing: Writing) -> None:
        writing.store.connection.execute("DELETE FROM device")
        raise ConflictError("no")

    house.writer.run(FOUNDER, *KEY_BEARING)
    writer = Writer(house.ledger.store, house.clock, [Command("half", Role.VIEWER, half)])
    with pytest.raises(ConflictError):
        writer.run(VIEWER, "half", {})
    assert house.ledger.store.device(DEV_EUI)
    assert [entry["error"] for entry in house.audit()] == [None, "no"]


def test_a_fault_of_ours_changes_nothing(house: House) -> None:
    def broken(writing: Writing) -> None:
        writing.store.connection.execute("DELETE FROM device")
        raise ZeroDivisionError

    house.writer.run(FOUNDER, *KEY_BEARING)
    with pytest.raises(ZeroDivisionError):
        Writer(house.ledger.store, house.clock, [Command("broken", Role.VIEWER, broken)]).run(
            VIEWER, "broken", {}
        )
    assert house.ledger.store.device(DEV_EUI)


@pytest.mark.parametrize("name", ["device.add", "device.change", "device.remove", "token.create"])
def test_a_role_that_does_not_reach_is_refused_and_written_down(house: House, name: str) -> None:
    with pytest.raises(ForbiddenError, match="needs the role admin, and guest has viewer"):
        house.writer.run(VIEWER, name, {"dev_eui": DEV_EUI})
    assert [(entry["token_id"], bool(entry["error"])) for entry in house.audit()] == [("0000", True)]


def test_refusals_without_end_do_not_fill_the_disk(house: House) -> None:
    def refused() -> int:
        for _ in range(150):
            with pytest.raises(ForbiddenError):
                house.writer.run(VIEWER, "device.remove", {"dev_eui": DEV_EUI})
        return len(house.audit())

    assert refused() == 100
    house.clock.time_ms += 20_000
    assert refused() == 102
    house.writer.run(FOUNDER, *KEY_BEARING)
    assert len(house.audit()) == 103, "what is done, and by others, is written down all the same"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({}, "dev_eui"),
        ({"dev_eui": "short"}, "dev_eui"),
        ({"dev_eui": DEV_EUI, "lat": 91}, "lat"),
        ({"dev_eui": DEV_EUI, "lat": float("nan")}, "lat"),
        ({"dev_eui": DEV_EUI, "name": "two\nlines"}, "name"),
        ({"dev_eui": DEV_EUI, "nonsense": 1}, "nonsense"),
        ({"dev_eui": DEV_EUI, "writing": 1}, "writing"),
        ({"dev_eui": DEV_EUI, "mount_mm": APP_KEY}, "mount_mm"),
    ],
)
def test_arguments_are_checked_and_named(house: House, arguments: dict[str, Any], name: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        house.writer.run(FOUNDER, "device.add", arguments)
    assert [cause[0] for cause in refused.value.causes] == [name]
    assert APP_KEY not in str(refused.value)


def test_an_unknown_command_is_refused(house: House) -> None:
    with pytest.raises(NotFoundError, match=r"no command device\.explode"):
        house.writer.run(FOUNDER, "device.explode", {})


def test_no_secret_is_in_the_log_of_changes(house: House) -> None:
    token = house.writer.run(FOUNDER, "token.create", {"role": "admin"})["token"]
    house.writer.run(FOUNDER, *KEY_BEARING)
    for name, arguments in (
        ("device.add", {"dev_eui": APP_KEY}),
        ("device.add", {"dev_eui": DEV_EUI, "keys": {"app_key": [APP_KEY]}}),
        ("device.add", {"dev_eui": DEV_EUI, "name": f"my {APP_KEY.upper()}"}),
        ("device.add", {APP_KEY: 1}),
        ("token.revoke", {"id": token}),
    ):
        with pytest.raises(GatewayError):
            house.writer.run(FOUNDER, name, arguments)
    written = json.dumps(house.audit()).lower()
    assert len(house.audit()) == 7
    assert APP_KEY not in written
    assert token.lower() not in written


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), json_values))
def test_anything_can_be_written_down(arguments: dict[str, Any]) -> None:
    hidden = audit.hide(arguments)
    assert json.dumps(hidden)
    assert audit.hide({"app_key": arguments}) == {"app_key": "..."}


def test_a_long_list_is_shortened() -> None:
    assert audit.hide(list(range(1000)))[-1] == "and 980 more"
    assert len(audit.hide("x" * 10_000)) == 200
