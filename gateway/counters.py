"""What the gateway has counted since its start, by the names of /healthz."""

from dataclasses import asdict, dataclass, field
from typing import Any

CAUSES = (
    "malformed", "crc", "mic", "replay", "unknown_device", "dev_nonce",
    "unknown_gateway", "conflict", "unauthorized", "transmission", "tmst",
)  # fmt: skip


@dataclass(slots=True)
class Counters:
    """`refused` counts frames, datagrams, connections and downlinks by the cause of their refusal.

    `second_windows` are the downlinks that went to RX2, `unanswered` the frames nobody could answer in time,
    `unacknowledged` the PUSH_DATA that were not committed, or not soon enough, `dropped` the datagrams
    that the system threw away because nobody read them in time.
    """

    datagrams: int = 0
    joins: int = 0
    uplinks: int = 0
    duplicates: int = 0
    repetitions: int = 0
    undecoded: int = 0
    downlinks: int = 0
    second_windows: int = 0
    unanswered: int = 0
    unacknowledged: int = 0
    dropped: int = 0
    refused: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CAUSES, 0))

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def add(self, name: str) -> None:
        """Count one more of `name`."""
        setattr(self, name, getattr(self, name) + 1)
