"""Random worlds hold the firmware to what must always be; whatever one finds is replayed from its seed."""

import asyncio
import hashlib
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator import node as nodes
from simulator.rows import AirRow, FaultRow, GatewayRow, NodeRow, Scenario
from simulator.run import Outputs, Plan, in_process

HOURS = 3


def minutes(text: int) -> str:
    return f"{text}m"


faults = st.builds(
    FaultRow,
    what=st.sampled_from(["power_off", "reset", "no_echo", "sensor_off", "gateway_off", "backhaul_off"]),
    target=st.just("*"),
    at=st.integers(1, HOURS * 60).map(minutes),
    lasts=st.none() | st.integers(1, 60).map(minutes),
)
worlds = st.builds(
    Scenario,
    seed=st.integers(0, 2**31),
    loss=st.floats(0, 0.9),
    interval_s=st.integers(60, 1800),
    air=st.builds(AirRow, interference=st.sampled_from(["croce", "goursaud", "lorasim"])),
    gateway=st.just([GatewayRow(name="G", eui="aa555a0000000101", lat=50.5, lon=9.6)]),
    node=st.builds(
        lambda drift, rate: [
            NodeRow(
                name=f"n{number}", dev_eui=f"0200006d6600000{number}", lat=50.505, lon=9.6 + number / 1000,
                drift_ppm=drift, data_rate=rate,
            )
            for number in range(2)
        ],
        st.floats(-50, 50),
        st.integers(0, 5),
    ),
    fault=st.lists(faults, max_size=4),
)  # fmt: skip


def played(world: Scenario) -> tuple[dict[str, Any], str]:
    """The gateway's counters, and the digest of every byte on the air."""
    with tempfile.TemporaryDirectory() as folder:
        outputs = Outputs((Path(folder) / "w.pcap",))
        plan = Plan("world", world, HOURS * 3600, None)
        summary = asyncio.run(in_process(plan, Path(folder) / "w.db", outputs))
        digest = hashlib.sha256(outputs.records[0].read_bytes()).hexdigest()
    return summary.gateway or {}, digest


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds)
def test_whatever_happens_no_counter_is_used_twice_and_no_frame_is_false(world: Scenario) -> None:
    counted, _ = played(world)
    refused = counted["refused"]
    assert refused["replay"] == refused["mic"] == refused["malformed"] == 0
    assert refused["dev_nonce"] == 0


def test_a_bug_that_a_world_finds_comes_again_from_its_seed_to_the_microsecond(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A node that forgets its counters at power-on: found, and found again at the same instant."""
    found: list[int] = []
    power_on = nodes.SimulatedNode.power_on

    def forgetful(self: nodes.SimulatedNode) -> None:
        self._flash = nodes.MemoryStore()
        found.append(self._around.clock.now_us())
        power_on(self)

    monkeypatch.setattr(nodes.SimulatedNode, "power_on", forgetful)
    world = Scenario(
        seed=77,
        interval_s=300,
        gateway=[GatewayRow(name="G", eui="aa555a0000000101", lat=50.5, lon=9.6)],
        node=[NodeRow(name="n", dev_eui="0200006d66000001", lat=50.502, lon=9.6)],
        fault=[FaultRow(what="reset", target="n", at="1h")],
    )
    first, first_digest = played(world)
    instants = list(found)
    found.clear()
    again, again_digest = played(world)
    assert first["refused"]["dev_nonce"] > 0  # DevNonce 0 a second time: the bug shows
    assert (again, again_digest, found) == (first, first_digest, instants)
