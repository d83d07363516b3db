"""Counts what is refused, by cause, and logs each cause once a minute with its count."""

import logging
from dataclasses import dataclass

from gateway.counters import Counters
from gateway.model import Clock

_log = logging.getLogger(__name__)
_QUIET_MS = 60_000


@dataclass(slots=True)
class _Silence:
    """What has been counted but not logged since `since`."""

    since: int
    count: int = 0
    reason: str = ""


class Refusals:
    """A hostile peer fills neither log nor memory: causes are few, reasons do not quote what it sent."""

    def __init__(self, counters: Counters, clock: Clock):
        self._counters = counters
        self._clock = clock
        self._silences: dict[str, _Silence] = {}

    def refuse(self, cause: str, reason: str) -> None:
        """`cause` by the names of /healthz; others, such as a refused transmission, are logged only."""
        if cause in self._counters.refused:
            self._counters.refused[cause] += 1
        now = self._clock.now_ms()
        silence = self._silences.get(cause)
        if silence and now - silence.since < _QUIET_MS:
            silence.count += 1
            silence.reason = reason
            return
        self._silences[cause] = _Silence(now)
        _tell(cause, 1 + (silence.count if silence else 0), reason)

    def flush(self) -> None:
        """Log what is still counted only."""
        for cause, silence in self._silences.items():
            if silence.count:
                _tell(cause, silence.count, silence.reason)
        self._silences.clear()


def _tell(cause: str, count: int, reason: str) -> None:
    _log.warning("refused", extra={"cause": cause, "count": count, "last": reason})
