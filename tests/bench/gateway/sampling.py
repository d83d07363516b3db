"""`messfunk` with its stack looked at each millisecond of processor time: where the time goes, by stage.

`python -m tests.bench.gateway.sampling FILE gateway --config messfunk.toml` writes {stage: share} at the end.
"""

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

import messfunk

_EACH_S = 0.001
_ROOT = str(Path(messfunk.__file__).parent) + "/"
# The innermost frame that one of these knows says which stage it is; the seam to the database serves all.
STAGES = (
    ("codec/lorawan/", "MIC and decryption"),
    ("codec/", "payload decoded"),
    ("gateway/sources/", "datagram read, PUSH_ACK sent"),
    ("gateway/network/", "session, counter, ADR"),
    ("gateway/store/outbox", "outbox"),
    ("gateway/store/rollups", "hours and days"),
    ("gateway/store/ledger", "rows of uplinks and readings"),
    ("gateway/judge/", "judged"),
    ("gateway/alarms/", "marks, rise, silence"),
    ("gateway/events", "events"),
    ("gateway/web/", "events"),
    ("gateway/sinks/", "MQTT out"),
    ("gateway/mqtt/", "MQTT out"),
    ("gateway/stages", "payload decoded"),
)
_COMMIT = ("within", "gateway/store/database")


def stage_of(frame: FrameType | None) -> str:
    while frame:
        code = frame.f_code
        name = code.co_filename.removeprefix(_ROOT)
        if code.co_name == _COMMIT[0] and name.startswith(_COMMIT[1]):
            return "begin and commit"
        for prefix, stage in STAGES:
            if name.startswith(prefix):
                return stage
        frame = frame.f_back
    return "the loop and all else"


def main(file: Path, arguments: list[str]) -> None:
    seen: Counter[str] = Counter()
    signal.signal(signal.SIGPROF, lambda _, frame: seen.update([stage_of(frame)]))

    def measure(*_: object) -> None:
        """From here on: the start is not what is asked for."""
        signal.setitimer(signal.ITIMER_PROF, _EACH_S, _EACH_S)

    signal.signal(signal.SIGUSR1, measure)
    sys.argv = ["messfunk", *arguments]
    try:
        messfunk.main()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        file.write_text(json.dumps({stage: count / seen.total() for stage, count in seen.most_common()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
