"""What a node says of itself before somebody walks away: config, identity, memory, battery, sensors."""

import html
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from boards.workbench import WorkbenchError
from boards.workbench.port import Port

# Runs on the node. Each line is one finding; what fails says why and does not stop the others.
_PROGRAM = """
import gc, json, sys
for path in ('/lib', ''):
    if path not in sys.path: sys.path.append(path)
def tell(name, do):
    try:
        print(json.dumps([name, True, do()]))
    except Exception as error:
        print(json.dumps([name, False, type(error).__name__ + ': ' + str(error)]))
def config():
    from firmware import config
    with open('config.json') as file: given, wrong = config.read(json.load(file))
    if wrong: raise ValueError('; '.join(wrong))
    return given
def identity():
    from firmware import config
    with open('secrets.json') as file: return config.check_secrets(json.load(file))[0].hex()
def memory():
    gc.collect()
    return gc.mem_free()
def here():
    import board
    from firmware.hardware import Hardware
    return Hardware(board)
def battery(): return here().battery()
def read(row):
    from firmware import sensors
    from firmware.main import run
    node = here()
    return run(sensors.create(row, node, node.clock()).read())
tell('config', lambda: config() and len(config()['sensors']))
tell('identity', identity)
tell('memory', memory)
tell('battery', battery)
try:
    rows = config()['sensors']
except Exception:
    rows = []
for row in rows:
    tell('sensor ' + row['part'], lambda: read(row))
"""


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
        return all(finding.good for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "good": self.good}


def check(port: Port, site: Mapping[str, Any]) -> Record:
    """Ask the node; `site` is what the technician knows: position, mounting height, photo."""
    try:
        lines = [json.loads(line) for line in port.run(_PROGRAM).splitlines() if line.startswith("[")]
    except ValueError as error:
        raise WorkbenchError(f"{port.path}: the check did not run through: {error}") from None
    findings = tuple(_judged(*line) for line in lines)
    return Record(datetime.now(UTC).isoformat(timespec="seconds"), port.path, findings, site)


def page(record: Record) -> str:
    """One page to print."""
    rows = "".join(
        f"<tr><td>{html.escape(finding.name)}<td>{'ok' if finding.good else 'NO'}"
        f"<td>{html.escape(json.dumps(finding.value, ensure_ascii=False))}"
        for finding in record.findings
    )
    site = "".join(
        f"<tr><td>{html.escape(name)}<td colspan=2>{html.escape(str(value))}"
        for name, value in record.site.items()
    )
    return (
        "<!doctype html><meta charset=utf-8><title>Inbetriebnahme / commissioning</title>"
        "<style>body{font:12pt sans-serif}td{border:1px solid;padding:.3em}</style>"
        f"<h1>{'In Ordnung / good' if record.good else 'NICHT in Ordnung / NOT good'}</h1>"
        f"<p>{html.escape(record.time)}</p><table>{rows}{site}</table>\n"
    )


def _judged(name: str, good: bool, value: Any) -> Finding:
    """A sensor's fault is a value for the gateway and a finding for the technician."""
    faulty = isinstance(value, str) and name == "battery"
    faulty = faulty or (isinstance(value, dict) and any(isinstance(each, str) for each in value.values()))
    return Finding(name, good and not faulty, value)
