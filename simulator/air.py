"""The air between nodes and gateways: path loss, fading, soft SNR floor, collisions, half duplex; all seeded.

Models: log-distance path loss with the Oulu parameters, shadowing fixed per link, small fading per frame,
logistic loss around the demodulation floor. Positions are metres in a plane.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from firmware.mac import Channel
from simulator.clock import VirtualClock

_LOSS_1KM_DB = 128.95
_LOSS_EXPONENT = 2.32
_SHADOWING_DB = 4.0  # fixed per link
_FADING_DB = 2.0  # anew per frame
_NOISE_FLOOR_DBM = -117.0  # 125 kHz, noise figure 6 dB
_SNR_FLOOR_DB = {7: -7.5, 8: -10.0, 9: -12.5, 10: -15.0, 11: -17.5, 12: -20.0}
_SOFT_SHIFT_DB, _SOFT_WIDTH_DB = 1.5, 0.6  # real receivers decode somewhat below the datasheet's floor
_CAPTURE_DB = 6.0
_SYNC_SLACK_US = 4000  # a receiver that opens late still catches the end of the preamble


@dataclass(frozen=True)
class Place:
    """Where an antenna stands; `name` seeds its links."""

    name: str
    x_m: float
    y_m: float


@dataclass(frozen=True)
class Heard:
    """A frame as one gateway received it."""

    frame: bytes
    channel: Channel
    end_us: int
    rssi_dbm: float
    snr_db: float


@dataclass(frozen=True)
class Transmission:
    sender: Place
    frame: bytes
    channel: Channel
    power_dbm: float
    start_us: int
    end_us: int


@dataclass(frozen=True)
class Antenna:
    """A gateway in the air; `hear` is called at the end of each frame it received."""

    place: Place
    hear: Callable[[Heard], None]


@dataclass
class Tally:
    """What became of the frames, for the report of a run."""

    uplinks: int = 0
    heard: int = 0  # receptions over all gateways
    lost: int = 0  # uplinks that no gateway received
    causes: dict[str, int] = field(
        default_factory=lambda: {"weak": 0, "collision": 0, "gateway_sending": 0, "drawn": 0}
    )
    downlinks: int = 0
    downlinks_heard: int = 0


class Air:
    """`loss` is the chance that a link drops a frame for no reason of its own, beside the physics."""

    def __init__(self, clock: VirtualClock, seed: int, loss: float = 0.0):
        self.tally = Tally()
        self._clock = clock
        self._seed = seed
        self._loss = loss
        self._antennas: list[Antenna] = []
        self._up: list[Transmission] = []
        self._down: list[Transmission] = []
        self._shadowing: dict[tuple[str, str], float] = {}
        self._rngs: dict[str, random.Random] = {}
        self.on_frame: Callable[[Transmission], None] = lambda _: None

    def add(self, antenna: Antenna) -> None:
        self._antennas.append(antenna)

    def uplink(
        self, sender: Place, frame: bytes, channel: Channel, power_dbm: int, span_us: tuple[int, int]
    ) -> None:
        sent = Transmission(sender, frame, channel, power_dbm, *span_us)
        self._forget(span_us[0])
        self._up.append(sent)
        self._clock.call_at_us(sent.end_us, lambda: self._arrive(sent))

    def downlink(
        self, sender: Place, frame: bytes, channel: Channel, power_dbm: int, span_us: tuple[int, int]
    ) -> None:
        sent = Transmission(sender, frame, channel, power_dbm, *span_us)
        self._down.append(sent)
        self.tally.downlinks += 1
        self._clock.call_at_us(sent.end_us, lambda: self.on_frame(sent))

    def downlink_for(
        self, receiver: Place, channel: Channel, window_us: tuple[int, int]
    ) -> Transmission | None:
        """The downlink that began in this window on this channel and is strong enough at `receiver`."""
        for sent in self._down:
            in_time = window_us[0] - _SYNC_SLACK_US <= sent.start_us <= window_us[1]
            if (
                in_time
                and sent.channel == channel
                and self._decodes(self._link(receiver, sent.sender, sent), receiver, sent)
            ):
                self.tally.downlinks_heard += 1
                return sent
        return None

    def _arrive(self, sent: Transmission) -> None:
        self.tally.uplinks += 1
        self.on_frame(sent)
        heard = [antenna for antenna in self._antennas if self._receives(antenna, sent)]
        self.tally.heard += len(heard)
        self.tally.lost += not heard

    def _receives(self, antenna: Antenna, sent: Transmission) -> bool:
        power_dbm = self._link(sent.sender, antenna.place, sent)
        cause = self._why_lost(antenna.place, sent, power_dbm)
        if cause:
            self.tally.causes[cause] += 1
            return False
        snr_db = power_dbm - _NOISE_FLOOR_DBM
        rssi_dbm = 10 * math.log10(
            10 ** (power_dbm / 10) + 10 ** (_NOISE_FLOOR_DBM / 10)
        )  # a gateway reports S + N
        antenna.hear(Heard(sent.frame, sent.channel, sent.end_us, round(rssi_dbm), round(snr_db * 4) / 4))
        return True

    def _why_lost(self, place: Place, sent: Transmission, power_dbm: float) -> str | None:
        if any(
            d.sender == place and d.start_us < sent.end_us and sent.start_us < d.end_us for d in self._down
        ):
            return "gateway_sending"
        if not self._decodes(power_dbm, sent.sender, sent):
            return "weak"
        if self._collides(place, sent, power_dbm):
            return "collision"
        return "drawn" if self._rng(sent.sender.name).random() < self._loss else None

    def _collides(self, place: Place, sent: Transmission, power_dbm: float) -> bool:
        """Same channel, same SF, overlapping, and not 6 dB stronger."""
        return any(
            other is not sent
            and other.channel == sent.channel
            and other.start_us < sent.end_us
            and sent.start_us < other.end_us
            and power_dbm < self._mean_dbm(other.sender, place, other.power_dbm) + _CAPTURE_DB
            for other in self._up
        )

    def _decodes(self, power_dbm: float, node: Place, sent: Transmission) -> bool:
        margin_db = power_dbm - _NOISE_FLOOR_DBM - _SNR_FLOOR_DB[sent.channel.sf] + _SOFT_SHIFT_DB
        chance = 1 / (1 + math.exp(-max(-50.0, min(50.0, margin_db / _SOFT_WIDTH_DB))))
        return self._rng(node.name).random() < chance

    def _link(self, node: Place, gateway: Place, sent: Transmission) -> float:
        return self._mean_dbm(node, gateway, sent.power_dbm) + self._rng(node.name).gauss(0, _FADING_DB)

    def _mean_dbm(self, node: Place, gateway: Place, power_dbm: float) -> float:
        distance_km = max(math.hypot(node.x_m - gateway.x_m, node.y_m - gateway.y_m), 10.0) / 1000
        link = (node.name, gateway.name)
        if link not in self._shadowing:
            self._shadowing[link] = random.Random(f"{self._seed}:{link}").gauss(0, _SHADOWING_DB)
        return (
            power_dbm - _LOSS_1KM_DB - 10 * _LOSS_EXPONENT * math.log10(distance_km) - self._shadowing[link]
        )

    def _rng(self, node: str) -> random.Random:
        """Each node draws from its own stream: another seed for one leaves the others as they are."""
        if node not in self._rngs:
            self._rngs[node] = random.Random(f"{self._seed}:{node}:air")
        return self._rngs[node]

    def _forget(self, before_us: int) -> None:
        """Drop what ended more than 10 s ago: no frame lasts longer, no window looks further back."""
        horizon_us = before_us - 10_000_000
        self._up = [sent for sent in self._up if sent.end_us > horizon_us]
        self._down = [sent for sent in self._down if sent.end_us > horizon_us]
