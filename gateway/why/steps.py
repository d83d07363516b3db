"""One sentence of a trace: the key of its text, and what stands in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gateway import words
from gateway.words import times

NOTHING = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Step:
    """Values whose names end in `_at` are instants, in `_day` days; None is a thing that nobody told."""

    key: str
    values: dict[str, str | float | None]

    def text(self, language: str) -> str:
        return words.say(
            language, self.key, **{name: _said(language, name, value) for name, value in self.values.items()}
        )

    def told(self, language: str) -> dict[str, Any]:
        return {"key": self.key, "values": self.values, "text": self.text(language)}


def step(key: str, **values: str | float | None) -> Step:
    return Step(key, values)


def told(steps: Iterable[Step], language: str) -> list[dict[str, Any]]:
    return [each.told(language) for each in steps]


def _said(language: str, name: str, value: str | float | None) -> str | float:
    if value is None:
        return NOTHING
    for end, written in _WRITTEN.items():
        if name.endswith(end) and isinstance(value, int):
            return written(language, value)
    return words.told(language, value).translate(_TURNING) if isinstance(value, str) else value


# Unicode's controls of direction: within a name they would turn the sentence round.
_TURNING = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_WRITTEN = {"_at": times.full_moment, "_day": times.full_day}
