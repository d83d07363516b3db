"""Sessions, counters and copies against a model, in any order of honest and hostile frames.

The rule that matters most: what is forged, damaged or replayed changes not one row.
"""

import tempfile
from dataclasses import dataclass, field, fields
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from codec.lorawan import frames
from gateway import devices
from tests.gateway.desk import EUIS, START_MS, Desk, ManualClock, Node, abp, flip, otaa

AFTER_WINDOWS_MS = 2000


@dataclass
class Sent:
    """A data frame that the ledger took at `first_ms`. `is_void` after a reset: it may be new once more."""

    node: Node
    nwk_s_key: bytes
    phy: bytes
    confirmed: bool
    first_ms: int
    is_void: bool = False


@dataclass
class Model:
    stored: dict[str, int] = field(default_factory=dict)
    receptions: int = 0
    duplicates: int = 0
    repetitions: int = 0
    joins: int = 0


def fcnt16(phy: bytes) -> int:
    return int.from_bytes(phy[6:8], "little")


class Network(RuleBasedStateMachine):
    frames_sent = Bundle("frames_sent")

    @initialize()
    def set_up(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.desk = Desk(Path(self.folder.name) / "ledger.db")
        self.nodes = [abp(1), abp(2, dev_addr="00000001"), otaa(3), otaa(4)]
        for node in self.nodes:
            keys = node.keys or node.otaa
            devices.add(self.desk.store, devices.Provisioning(node.dev_eui, node.dev_eui, keys), START_MS)
        self.model = Model(stored={node.dev_eui: 0 for node in self.nodes})
        self.newest: dict[str, Sent] = {}
        self.sent: list[Sent] = []
        self.joined: list[bytes] = []

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.desk.store.close()
            self.folder.cleanup()

    def wait(self, ms: int) -> None:
        with pytest.raises(StopIteration):  # nothing in it waits for real, so one step is all of it
            self.desk.clock.advance(ms).send(None)

    def sender(self, number: int) -> Node:
        return self.nodes[number % len(self.nodes)]

    @rule(
        target=frames_sent,
        number=st.integers(0, 3),
        confirmed=st.booleans(),
        gap=st.sampled_from([1, 1, 1, 2, 0x7FFF, 0xFFFF]),
    )
    def send(self, number: int, confirmed: bool, gap: int) -> object:
        """An honest uplink is stored, once."""
        node = self.sender(number)
        keys = node.keys
        if keys is None:
            return multiple()
        phy = node.uplink(b"level", confirmed, gap)
        (uplink,) = self.desk.hear(self.desk.reception(phy))
        assert (uplink.dev_eui, uplink.fcnt, uplink.payload) == (node.dev_eui, node.fcnt, b"level")
        self.model.stored[node.dev_eui] += 1
        self.model.receptions += 1
        sent = Sent(node, keys.nwk_s_key, phy, confirmed, self.desk.clock.now_ms())
        self.sent.append(sent)
        self.newest[node.dev_eui] = sent
        return sent

    @rule(number=st.integers(2, 3), is_heard=st.booleans())
    def join(self, number: int, is_heard: bool) -> None:
        node = self.sender(number)
        phy = node.join_request()
        self.desk.hear(self.desk.reception(phy), self.desk.reception(phy, EUIS[1]))
        self.model.joins += 1
        self.model.duplicates += 1
        self.joined.append(phy)
        (accept,) = self.answers(6000, after_s=5)
        if is_heard:
            node.hear_accept(accept)

    def answers(self, ms: int, after_s: int) -> list[bytes]:
        """What goes out for a frame that was heard just now, while `ms` pass: `after_s` later, or in RX2."""
        now = self.desk.clock.now_ms()
        windows = [(now + delay_s * 1000) * 1000 % 2**32 for delay_s in (after_s, after_s + 1)]
        known = len(self.desk.gateways.sent)
        self.wait(ms)
        return [down.phy for down in self.desk.gateways.sent[known:] if down.tmst in windows]

    @rule(sent=frames_sent, gateway_id=st.sampled_from(EUIS))
    def hear_again(self, sent: Sent, gateway_id: str) -> None:
        """The newest frame: a copy while its windows are open, a repetition later. An older one: a replay."""
        if sent.is_void:
            return
        before = self.desk.dump()
        age_ms = self.desk.clock.now_ms() - sent.first_ms
        is_newest = self.newest.get(sent.node.dev_eui) is sent
        counted = dict(self.desk.counters.refused)
        assert self.desk.hear(self.desk.reception(sent.phy, gateway_id)) == []
        if not is_newest:
            assert self.desk.dump() == before
            assert sum(self.desk.counters.refused.values()) == sum(counted.values()) + 1
        elif age_ms < AFTER_WINDOWS_MS:
            self.model.duplicates += 1
            self.model.receptions += 1
        else:
            self.model.repetitions += 1
            assert self.desk.dump() == before
            answers = self.answers(2500, after_s=1)
            fitting = [phy for phy in answers if frames.mic_fits(phy, sent.nwk_s_key, fcnt16(phy))]
            assert len(fitting) == sent.confirmed

    @rule(sent=frames_sent, bit=st.integers(0, 8 * 18 - 1))
    def forge(self, sent: Sent, bit: int) -> None:
        before = self.desk.dump()
        assert self.desk.hear(self.desk.reception(flip(sent.phy, bit))) == []
        assert self.desk.dump() == before

    @rule(sent=frames_sent, fcnt=st.integers(0, 0xFFFF), key=st.binary(min_size=16, max_size=16))
    def forge_ahead(self, sent: Sent, fcnt: int, key: bytes) -> None:
        """Somebody without the key tries a counter that would be accepted."""
        frame = frames.parse(sent.phy)
        plain = frames.Plain(frame.mtype, frame.dev_addr, 0, fcnt, b"", 1, b"evil")
        before = self.desk.dump()
        assert self.desk.hear(self.desk.reception(frames.build(plain, key, key))) == []
        assert self.desk.dump() == before

    @rule(noise=st.binary(max_size=255))
    def hear_noise(self, noise: bytes) -> None:
        before = self.desk.dump()
        assert self.desk.hear(self.desk.reception(noise)) == []
        assert self.desk.dump() == before

    @precondition(lambda self: self.joined)
    @rule(number=st.integers(0, 9), bit=st.none() | st.integers(0, 8 * 23 - 1))
    def replay_join(self, number: int, bit: int | None) -> None:
        phy = self.joined[number % len(self.joined)]
        before = self.desk.dump()
        self.desk.hear(self.desk.reception(phy if bit is None else flip(phy, bit)))
        assert self.desk.dump() == before

    @rule(number=st.integers(0, 3))
    def reset(self, number: int) -> None:
        """Only an explicit reset lets a counter begin anew."""
        node = self.sender(number)
        devices.reset_session(self.desk.store, node.dev_eui, self.desk.clock.now_ms())
        node.fcnt = -1
        if node in self.nodes[2:]:
            node.keys = None
        for sent in self.sent:
            sent.is_void |= sent.node is node

    @rule()
    def kill(self) -> None:
        """What is only in memory is gone: timers, leased counters, cached answers."""
        former = self.desk
        self.desk = Desk(Path(self.folder.name) / "ledger.db", ManualClock(former.clock.now_ms()))
        former.store.close()
        self.desk.gateways.sent = former.gateways.sent
        for each in fields(former.counters):
            setattr(self.desk.counters, each.name, getattr(former.counters, each.name))

    @rule(ms=st.sampled_from([1, 199, 1000, 1999, 3000]))
    def pass_time(self, ms: int) -> None:
        self.wait(ms)

    @invariant()
    def ledger_and_counters_agree_with_the_model(self) -> None:
        if not hasattr(self, "desk"):
            return
        count = self.desk.store.connection.execute
        for node in self.nodes:
            assert len(self.desk.fcnts(node.dev_eui)) == self.model.stored[node.dev_eui]
        assert count("SELECT count(*) FROM reception").fetchone()[0] == self.model.receptions
        counters = self.desk.counters
        assert counters.uplinks == sum(self.model.stored.values())
        assert (counters.duplicates, counters.repetitions) == (self.model.duplicates, self.model.repetitions)
        assert counters.joins == self.model.joins

    @invariant()
    def no_downlink_counter_serves_two_frames(self) -> None:
        if not hasattr(self, "desk"):
            return
        answers = {rx1.phy for rx1 in self.desk.gateways.sent if frames.mtype(rx1.phy) != frames.JOIN_ACCEPT}
        first = self.nodes[0].keys or devices.AbpKeys("", b"", b"")  # it shares its address with the second
        counters = {(phy[1:8], frames.mic_fits(phy, first.nwk_s_key, fcnt16(phy))) for phy in answers}
        assert len(counters) == len(answers)


TestNetwork = Network.TestCase
TestNetwork.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
