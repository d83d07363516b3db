"""One gateway's receiver: what of the frames that reach its antenna comes out, and why the rest does not.

Interference is kept by spreading factor while frames overlap on a channel. A frame is lost when that of one
spreading factor is too strong for it by the chosen table of signal-to-interference ratios (SIR).
"""

import math
from typing import NamedTuple

CAUSES = ("weak", "collision", "no_demodulator", "gateway_sending", "gateway_off", "drawn")

_FIRST_SF = 6
_NEVER = math.inf  # no strength survives this interference
_ALWAYS = -math.inf


class Interference(NamedTuple):
    """`sir_db[wanted SF - 6][interfering SF - 6]`; by summed energy, or against the strongest one alone.

    `spared_symbols`: an overlap that ends within so many symbols of the later frame's preamble harms neither,
    since the receiver needs only the last five of eight (Bor et al. 2016).
    """

    sir_db: tuple[tuple[float, ...], ...]
    sums_energy: bool
    spared_symbols: int


def _with_sf6(rows: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    """The tables begin at SF7; SF6 is orthogonal to the rest and competes with itself as SF7 does."""
    return ((rows[0][0], *[_ALWAYS] * 6), *((_ALWAYS, *row) for row in rows))


def _same_sf(sir_db: float) -> tuple[tuple[float, ...], ...]:
    """Only equal spreading factors disturb each other."""
    return tuple(tuple(sir_db if a == b else _ALWAYS for b in range(7)) for a in range(7))


_GOURSAUD = (
    (6.0, -16.0, -18.0, -19.0, -19.0, -20.0),
    (-24.0, 6.0, -20.0, -22.0, -22.0, -22.0),
    (-27.0, -27.0, 6.0, -23.0, -25.0, -25.0),
    (-30.0, -30.0, -30.0, 6.0, -26.0, -28.0),
    (-33.0, -33.0, -33.0, -33.0, 6.0, -29.0),
    (-36.0, -36.0, -36.0, -36.0, -36.0, 6.0),
)
_CROCE = (
    (1.0, -8.0, -9.0, -9.0, -9.0, -9.0),
    (-11.0, 1.0, -11.0, -12.0, -13.0, -13.0),
    (-15.0, -13.0, 1.0, -13.0, -14.0, -15.0),
    (-19.0, -18.0, -17.0, 1.0, -17.0, -18.0),
    (-22.0, -22.0, -21.0, -20.0, 1.0, -20.0),
    (-25.0, -25.0, -25.0, -24.0, -23.0, 1.0),
)

INTERFERENCE = {
    "goursaud": Interference(_with_sf6(_GOURSAUD), True, 3),
    "croce": Interference(_with_sf6(_CROCE), True, 3),
    "lorasim": Interference(_same_sf(6.0), False, 3),
    "aloha": Interference(_same_sf(_NEVER), False, 0),
    "none": Interference(_same_sf(_ALWAYS), False, 0),
}


class Arrival:
    """A frame at one antenna. `cause` is why it is lost, None as long as it is not."""

    __slots__ = ("cause", "end_us", "energy", "hz", "power_mw", "row", "start_us")

    def __init__(self, hz: int, sf: int, span_us: tuple[int, int], power_mw: float, cause: str | None):
        self.hz = hz
        self.row = sf - _FIRST_SF
        self.start_us, self.end_us = span_us
        self.power_mw = power_mw
        self.cause = cause
        self.energy: list[float] | None = None  # by interfering SF: mW, averaged over this frame


class Receiver:
    """`demodulators`: how many frames it follows at once (8 in an SX1301). Half duplex: it sends or hears."""

    def __init__(self, interference: Interference, demodulators: int):
        self._ratios = tuple(tuple(10 ** (sir / 10) for sir in row) for row in interference.sir_db)
        self._sums = interference.sums_energy
        self._spared = interference.spared_symbols
        self._free = demodulators
        self._on_air: dict[int, list[Arrival]] = {}
        self._sending: list[tuple[int, int]] = []
        self.off = False

    def transmits(self, start_us: int, end_us: int) -> None:
        self._sending.append((start_us, end_us))

    def begin(self, new: Arrival, symbol_us: int) -> None:
        """A frame begins; whether it is strong enough is already in its `cause`."""
        on_air = self._on_air.setdefault(new.hz, [])
        if on_air:
            self._disturb(new, on_air, new.start_us + self._spared * symbol_us)
        on_air.append(new)
        if new.cause is None:
            if self._free == 0:
                new.cause = "no_demodulator"
            else:
                self._free -= 1

    def end(self, done: Arrival) -> str | None:
        """The frame is over: why it is lost, or None."""
        self._on_air[done.hz].remove(done)
        if done.cause is None:
            self._free += 1
            if self._sending and self._sends_during(done):
                return "gateway_sending"
            if done.energy and self._drowned(done, done.energy):
                return "collision"
        return "gateway_off" if self.off else done.cause

    def _disturb(self, new: Arrival, on_air: list[Arrival], critical_us: int) -> None:
        """Every frame still on air and the new one disturb each other while both last."""
        start_us, end_us, power_mw, row = new.start_us, new.end_us, new.power_mw, new.row
        mine = new.energy = [0.0] * 7
        for other in on_air:
            if other.end_us <= critical_us:
                continue
            theirs = other.energy
            if theirs is None:
                theirs = other.energy = [0.0] * 7
            if self._sums:
                overlap_us = (other.end_us if other.end_us < end_us else end_us) - start_us
                mine[other.row] += other.power_mw * overlap_us / (end_us - start_us)
                theirs[row] += power_mw * overlap_us / (other.end_us - other.start_us)
            else:
                mine[other.row] = max(mine[other.row], other.power_mw)
                theirs[row] = max(theirs[row], power_mw)

    def _drowned(self, done: Arrival, energy: list[float]) -> bool:
        ratios = self._ratios[done.row]
        power_mw = done.power_mw
        return any(level and power_mw < ratio * level for ratio, level in zip(ratios, energy, strict=True))

    def _sends_during(self, done: Arrival) -> bool:
        self._sending = [span for span in self._sending if span[1] > done.start_us - 10_000_000]
        return any(start < done.end_us and done.start_us < end for start, end in self._sending)
