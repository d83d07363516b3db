"""A counter in other units, one that wraps, one that begins anew."""

from pathlib import Path

import pytest

from gateway import devices
from gateway.app import App
from gateway.devices import Provisioning
from gateway.sources.ticking import Ticking
from tests.gateway.desk import START_MS, ManualClock, abp
from tests.gateway.forwarder import EUI, Forwarder, push, rxpk
from tests.gateway.test_app import advance, config, rows

MODULUS = 1 << 32


@pytest.mark.parametrize("jitter_ms", [0, 400])
@pytest.mark.parametrize("gap_ms", [1000, 300_000, 1_800_000, 4_000_000])
def test_microseconds_are_never_odd_however_they_wrap(gap_ms: int, jitter_ms: int) -> None:
    ticking = Ticking()
    for number in range(50):
        at = number * gap_ms
        assert not ticking.is_odd(EUI, (4_294_000_000 + at * 1000) % MODULUS, at + number % 2 * jitter_ms)


@pytest.mark.parametrize("per_ms", [0, 1, 0.001, 1_000_000])
def test_other_units_are_odd_from_the_third_time_on(per_ms: float) -> None:
    ticking = Ticking()
    told = [ticking.is_odd(EUI, int(at * per_ms) % MODULUS, at) for at in range(0, 3_000_000, 310_000)]
    assert told == [False] * 3 + [True] * 7


def test_a_restart_is_not() -> None:
    ticking = Ticking()
    began_at = 0
    for at in range(0, 3_000_000, 60_000):
        began_at = at if at % 300_000 == 0 else began_at
        assert not ticking.is_odd(EUI, (at - began_at) * 1000, at)


def test_copies_of_one_moment_say_nothing() -> None:
    ticking = Ticking()
    for at in range(0, 600_000, 60_000):
        for late in range(5):
            assert not ticking.is_odd(EUI, at * 1000, at + late)


async def test_frames_are_taken_and_it_is_said(tmp_path: Path) -> None:
    async with App(config(tmp_path / "ledger.db"), ManualClock()) as app:
        node = abp(1)
        devices.add(app.store, Provisioning(node.dev_eui, "Aue", node.keys), START_MS)
        made = Forwarder(app.udp_address)
        for _ in range(6):
            await made.ask(push(rxpk(node.uplink(), tmst=(app.clock.now_ms() - START_MS) // 1000)))
            await advance(app, 60_000)
        made.close()
        assert app.counters.refused["tmst"] == 3
        assert rows(app, "SELECT count(*) FROM uplink") == [(6,)]
