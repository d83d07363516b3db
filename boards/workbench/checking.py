"""What a node says of itself before somebody walks away, and what that comes to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from boards.workbench import WorkbenchError
from boards.workbench.port import Port

SWEEP = (5, 3, 0)  # data rates: near, usual, far
ENOUGH_DB = 10  # of margin: leaves, rain and a full car park take so much
_LEAST_BATTERY_CV = 330


@dataclass(frozen=True)
class Finding:
    """One line of a check: a measured value, or what is wrong."""

    name: str
    good: bool
    value: Any


@dataclass(frozen=True)
class Record:
    """The commissioning record: what was found, where it hangs."""

    time: str
    port: str
    findings: tuple[Finding, ...]
    site: Mapping[str, Any]

    @property
    def good(self) -> bool:
        return bool(self.findings) and all(finding.good for finding in self.findings)

    @property
    def dev_eui(self) -> str | None:
        return next((one.value for one in self.findings if one.name == "identity" and one.good), None)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "good": self.good}


def check(port: Port, site: Mapping[str, Any], with_radio: bool = True) -> Record:
    """Ask the node; `site` is what the technician knows: position, mounting height, photo."""
    said = port.ask("check", sweep=list(SWEEP) if with_radio else [], radio=with_radio)
    if not said or not all(isinstance(line, list) and len(line) == 3 for line in said):
        raise WorkbenchError(f"{port.path}: the check did not run through")
    findings = [_judged(*line) for line in said]
    links = [one for one in findings if one.name.startswith("link ")]
    if links:
        findings = [one for one in findings if one not in links] + links + [_verdict(links)]
    return Record(datetime.now(UTC).isoformat(timespec="seconds"), port.path, tuple(findings), site)


def _judged(name: str, good: bool, value: Any) -> Finding:
    """A sensor's fault is a value for the gateway and a finding for the technician."""
    if name == "battery" and good and isinstance(value, int):
        good = value >= _LEAST_BATTERY_CV
    elif name == "battery":
        good = good and value == "not_measured"
    elif isinstance(value, dict):
        good = good and not any(isinstance(each, str) for each in value.values())
    if name.startswith("link "):  # one data rate alone decides nothing
        good = True
    return Finding(name, good, value)


def _verdict(links: list[Finding]) -> Finding:
    """By the fastest data rate that has enough margin; the slowest reaches furthest and costs most."""
    answered = [one for one in links if isinstance(one.value, dict)]
    if not answered:
        return Finding("reach", False, "no answer at any data rate: move the antenna or the gateway")
    for one in answered:
        if one.value["margin_db"] >= ENOUGH_DB and one.value["gateways"] >= 1:
            value = {"data_rate": one.name.removeprefix("link "), **one.value}
            return Finding("reach", True, value)
    best = max(answered, key=lambda one: one.value["margin_db"])
    margin = f"{best.value['margin_db']} dB of margin at {best.name.removeprefix('link ')}"
    return Finding("reach", False, f"{margin}, needed are {ENOUGH_DB}: move the antenna")
