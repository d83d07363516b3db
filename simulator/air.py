"""The air between nodes and gateways, on the virtual clock: who hears which frame, how well, and why not.

Path loss, shadowing per link, fading per frame, a soft demodulation floor, interference with capture, a pool
of demodulators, half duplex. Each draw comes from the sender's own stream: others' seeds change nothing.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.clock import VirtualClock
from simulator.propagation import PATH_LOSS, Place, Shadowing
from simulator.reception import CAUSES, INTERFERENCE, Arrival, Receiver

__all__ = ["Air", "Antenna", "Channel", "Heard", "Link", "Place", "Tally", "Transmission"]

_SNR_FLOOR_DB = {5: -2.5, 6: -5.0, 7: -7.5, 8: -10.0, 9: -12.5, 10: -15.0, 11: -17.5, 12: -20.0}
_SOFT_SHIFT_DB, _SOFT_WIDTH_DB = 1.5, 0.6  # real receivers decode somewhat below the datasheet's floor
_BEST_SNR_DB = 13.0  # a receiver's own imperfections: no gateway reports more, however near the node
_LEAST_DRAW = 1e-12
_DOWNLINK_CAPTURE_DB = 6.0
_SYNC_SLACK_US = 4000  # a receiver that opens late still catches the end of the preamble
_KEPT_US = 10_000_000  # no frame lasts longer, no window looks further back


class Channel(NamedTuple):
    hz: int
    sf: int
    bw_hz: int


class Transmission(NamedTuple):
    sender: Place
    frame: bytes
    channel: Channel
    power_dbm: float
    start_us: int
    end_us: int


class Heard(NamedTuple):
    """A frame as one gateway received it: RSSI is signal and noise together, as a gateway reports it."""

    frame: bytes
    channel: Channel
    end_us: int
    rssi_dbm: int
    snr_db: float


@dataclass(frozen=True)
class Link:
    """How signals fare; names are those of propagation.PATH_LOSS and reception.INTERFERENCE.

    `sensitivity_dbm` by (SF, bandwidth) replaces the soft floor by a hard one, as in LoRaSim.
    """

    path_loss: str = "oulu"
    shadowing_db: float = 4.0  # fixed per link
    shadowing_reach_m: float = 110.0
    fading_db: float = 2.0  # anew per frame
    noise_figure_db: float = 6.0
    interference: str = "croce"
    demodulators: int = 8
    loss: float = 0.0  # chance that a link drops a frame for no reason of its own, beside the physics
    sensitivity_dbm: dict[tuple[int, int], float] | None = None


@dataclass
class Antenna:
    """A gateway in the air; `hear` is called at the end of each frame it received."""

    place: Place
    hear: Callable[[Heard], None]
    receiver: Receiver = field(init=False)
    shadowing: Shadowing = field(init=False)
    loss_db: dict[str, float] = field(init=False, default_factory=dict)  # by sender, fixed


@dataclass
class Tally:
    """What became of the frames, for the summary of a run."""

    uplinks: int = 0
    heard: int = 0  # receptions over all gateways
    lost: int = 0  # uplinks that no gateway received
    causes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CAUSES, 0))
    downlinks: int = 0
    downlinks_heard: int = 0


class DownlinkHeard(NamedTuple):
    """A downlink as a node received it."""

    sent: Transmission
    snr_db: int


Outcome = tuple[Antenna, "Heard | str"]  # what a gateway made of a frame: the reception, or why there is none


class Watcher:
    """Who follows what happens in the air; this one does not care."""

    def on_uplink(self, sent: Transmission, outcomes: list[Outcome]) -> None: ...
    def on_downlink(self, sent: Transmission) -> None: ...
    def on_downlink_heard(self, receiver: Place, sent: Transmission) -> None: ...


class Air:
    def __init__(self, clock: VirtualClock, seed: int, link: Link | None = None):
        self.tally = Tally()
        self.watcher = Watcher()
        self._clock = clock
        self._seed = seed
        self._link = link or Link()
        self._path_loss = PATH_LOSS[self._link.path_loss]
        self._antennas: list[Antenna] = []
        self._down: list[Transmission] = []
        self._rngs: dict[str, random.Random] = {}
        self._noise_dbm: dict[int, float] = {}

    def add(self, antenna: Antenna) -> None:
        link = self._link
        antenna.receiver = Receiver(INTERFERENCE[link.interference], link.demodulators)
        name = antenna.place.name
        antenna.shadowing = Shadowing(self._seed, name, link.shadowing_db, link.shadowing_reach_m)
        self._antennas.append(antenna)

    def uplink(
        self, sender: Place, frame: bytes, channel: Channel, power_dbm: float, span_us: tuple[int, int]
    ) -> None:
        sent = Transmission(sender, frame, channel, power_dbm, *span_us)
        if span_us[0] <= self._clock.now_us():
            self._fly(sent)
        else:
            self._clock.call_at_us(span_us[0], lambda: self._fly(sent))

    def _fly(self, sent: Transmission) -> None:
        arrivals = self.begin(sent)
        self._clock.call_at_us(sent.end_us, lambda: self.end(sent, arrivals))

    def begin(self, sent: Transmission) -> list[Arrival]:
        """A frame begins to arrive at every antenna."""
        rng = self._rng(sent.sender.name)
        link, channel = self._link, sent.channel
        span_us = (sent.start_us, sent.end_us)
        symbol_us = (1_000_000 << channel.sf) // channel.bw_hz
        arrivals = []
        for antenna in self._antennas:
            dbm = sent.power_dbm - self._loss_db(antenna, sent.sender) + rng.gauss(0.0, link.fading_db)
            luck = rng.random()
            cause = None if self._decodes(dbm, channel, luck) else "weak"
            arrival = Arrival(channel.hz, channel.sf, span_us, 10 ** (dbm / 10), cause)
            antenna.receiver.begin(arrival, symbol_us)
            arrivals.append(arrival)
        return arrivals

    def end(self, sent: Transmission, arrivals: list[Arrival]) -> None:
        """The frame is over: antennas that received it are told, losses are counted."""
        rng = self._rng(sent.sender.name)
        tally = self.tally
        tally.uplinks += 1
        outcomes: list[Outcome] = []
        heard = 0
        for antenna, arrival in zip(self._antennas, arrivals, strict=True):
            cause = antenna.receiver.end(arrival)
            if rng.random() < self._link.loss and cause is None:
                cause = "drawn"
            if cause is None:
                heard += 1
                outcomes.append((antenna, self._heard(sent, arrival)))
            else:
                tally.causes[cause] += 1
                outcomes.append((antenna, cause))
        tally.heard += heard
        tally.lost += not heard
        self.watcher.on_uplink(sent, outcomes)
        for antenna, outcome in outcomes:
            if isinstance(outcome, Heard):
                antenna.hear(outcome)

    def downlink(
        self, sender: Place, frame: bytes, channel: Channel, dbm: int, span: tuple[int, int]
    ) -> None:
        sent = Transmission(sender, frame, channel, dbm, *span)
        self._down = [past for past in self._down if past.end_us > self._clock.now_us() - _KEPT_US]
        self._down.append(sent)
        for antenna in self._antennas:
            if antenna.place == sender:
                antenna.receiver.transmits(*span)
        self.tally.downlinks += 1
        self._clock.call_at_us(sent.end_us, lambda: self.watcher.on_downlink(sent))

    def downlink_for(self, node: Place, channel: Channel, window_us: tuple[int, int]) -> DownlinkHeard | None:
        """The downlink that began in this window on this channel and is strong enough at `node`."""
        rng = self._rng(node.name)
        begun = [
            sent
            for sent in self._down
            if sent.channel == channel and window_us[0] - _SYNC_SLACK_US <= sent.start_us <= window_us[1]
        ]
        levels = {
            id(sent): self._down_dbm(node, sent) + rng.gauss(0.0, self._link.fading_db) for sent in begun
        }
        for sent in begun:
            rivals = [dbm for other, dbm in levels.items() if other != id(sent)]
            dbm = levels[id(sent)]
            captured = dbm >= max(rivals, default=-math.inf) + _DOWNLINK_CAPTURE_DB
            if self._decodes(dbm, channel, rng.random()) and captured:
                self.tally.downlinks_heard += 1
                self.watcher.on_downlink_heard(node, sent)
                return DownlinkHeard(sent, round(_reported_snr_db(dbm - self._noise(channel.bw_hz))))
        return None

    def _heard(self, sent: Transmission, arrival: Arrival) -> Heard:
        noise_dbm = self._noise(sent.channel.bw_hz)
        rssi_dbm = 10 * math.log10(arrival.power_mw + 10 ** (noise_dbm / 10))
        snr_db = _reported_snr_db(10 * math.log10(arrival.power_mw) - noise_dbm)
        return Heard(sent.frame, sent.channel, sent.end_us, round(rssi_dbm), round(snr_db * 4) / 4)

    def _decodes(self, dbm: float, channel: Channel, luck: float) -> bool:
        """Logistic around the demodulation floor; `luck` is uniform in 0..1."""
        if self._link.sensitivity_dbm:
            return dbm >= self._link.sensitivity_dbm[channel.sf, channel.bw_hz]
        margin_db = dbm - self._noise(channel.bw_hz) - _SNR_FLOOR_DB[channel.sf] + _SOFT_SHIFT_DB
        luck = max(luck, _LEAST_DRAW)
        return margin_db > _SOFT_WIDTH_DB * math.log(luck / (1 - luck))

    def _noise(self, bw_hz: int) -> float:
        """Thermal noise in dBm behind a receiver with our noise figure."""
        dbm = self._noise_dbm.get(bw_hz)
        if dbm is None:
            dbm = self._noise_dbm[bw_hz] = -174 + 10 * math.log10(bw_hz) + self._link.noise_figure_db
        return dbm

    def _loss_db(self, antenna: Antenna, node: Place) -> float:
        loss_db = antenna.loss_db.get(node.name)
        if loss_db is None:
            loss_db = self._path_loss.loss(node.distance_m(antenna.place)) + antenna.shadowing.loss(node)
            antenna.loss_db[node.name] = loss_db
        return loss_db

    def _down_dbm(self, node: Place, sent: Transmission) -> float:
        """The same link the other way round."""
        antenna = next(antenna for antenna in self._antennas if antenna.place == sent.sender)
        return sent.power_dbm - self._loss_db(antenna, node)

    def _rng(self, node: str) -> random.Random:
        rng = self._rngs.get(node)
        if rng is None:
            rng = self._rngs[node] = random.Random(f"{self._seed}:{node}:air")
        return rng


def _reported_snr_db(snr_db: float) -> float:
    """A strong signal brings noise of its own, so that the ratio levels off at `_BEST_SNR_DB`."""
    return -10 * math.log10(10 ** (-snr_db / 10) + 10 ** (-_BEST_SNR_DB / 10))
