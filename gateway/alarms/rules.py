"""When a mark's alarm begins and ends: a pure step from one sample to the next.

A node that says a mark is reached has looked more than once and is believed at once. So is a plain sample;
one that the quality checks suspect waits for the next to agree. Below the mark the hysteresis governs.
"""

from dataclasses import dataclass, replace
from typing import Literal

Confirm = Literal["1", "2of3"]
Measure = Literal["value", "rise"]

_ABOVE, _BETWEEN, _BELOW = "^", "-", "_"
_REMEMBERED = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """`value` and `hysteresis` in the quantity's unit, per hour where the rise is what is watched."""

    id: int
    site_id: str
    quantity: str
    measure: Measure
    name: str
    value: float
    hysteresis: float
    confirm: Confirm
    source: str
    valid_from: int
    valid_to: int | None


@dataclass(frozen=True, slots=True)
class Sample:
    """`is_confirmed` when the node itself has raised an alarm with it."""

    time: int
    value: float
    is_suspect: bool = False
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a mark: whether its alarm is on, and where its last samples lay, newest last."""

    is_on: bool = False
    time: int | None = None
    recent: str = ""


def judge(mark: Mark, state: State, sample: Sample) -> State:
    """The state after a sample. What is older than the newest known changes nothing."""
    if not _is_news(state, sample):
        return state
    side = _side(mark, sample.value)
    after = replace(state, time=sample.time, recent=(state.recent + side)[-_REMEMBERED:])
    turns = side == (_BELOW if state.is_on else _ABOVE) and _is_sure(mark.confirm, sample, after.recent)
    return replace(after, is_on=state.is_on != turns)


def _is_news(state: State, sample: Sample) -> bool:
    """A node's alarm may carry the instant of the report that came before it."""
    if state.time is None or sample.time > state.time:
        return True
    return sample.is_confirmed and sample.time == state.time


def _side(mark: Mark, value: float) -> str:
    if value >= mark.value:
        return _ABOVE
    return _BELOW if value < mark.value - mark.hysteresis else _BETWEEN


def _is_sure(confirm: Confirm, sample: Sample, recent: str) -> bool:
    """Whether the newest sample's side is to be believed."""
    if sample.is_confirmed:
        return True
    if confirm == "2of3":
        return recent.count(recent[-1]) >= 2
    return not sample.is_suspect or recent[-2:] == 2 * recent[-1]
