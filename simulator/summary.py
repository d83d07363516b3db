"""What a run came to: counted by the air, by the gateway and in its store."""

from dataclasses import asdict, dataclass
from typing import Any

from simulator import report
from simulator.air import Tally


@dataclass(frozen=True)
class Summary:
    """`gateway` holds the counters of /healthz, None when the gateway runs elsewhere."""

    scenario: str
    seed: int
    simulated_s: float
    real_s: float
    database: str | None
    air: Tally
    unanswered: int
    gateway: dict[str, Any] | None
    report: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> list[str]:
        air = self.air
        lost = ", ".join(f"{count} {cause.replace('_', ' ')}" for cause, count in air.causes.items() if count)
        text = [
            f"{self.scenario}, seed {self.seed}: {self.simulated_s / 3600:.2f} h in {self.real_s:.1f} s",
            f"air: {air.uplinks} uplinks sent, {air.uplinks - air.lost} heard, {air.lost} lost; "
            f"{air.heard} receptions",
            f"     receptions lost: {lost or 'none'}",
            f"     {air.downlinks} downlinks sent, {air.downlinks_heard} heard",
        ]
        text += report.text(self.report)[1:]
        if self.unanswered:
            text.append(f"udp: {self.unanswered} datagrams were not acknowledged: is the gateway up?")
        if self.gateway:
            counted = self.gateway
            refused = sum(counted["refused"].values())
            text.append(
                f"gateway: {counted['joins']} joins, {counted['uplinks']} uplinks stored, "
                f"{counted['duplicates']} duplicates, {counted['undecoded']} undecoded, {refused} refused"
            )
        if self.database:
            text.append(f"database: {self.database}")
        return text
