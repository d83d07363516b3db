"""A pytest plugin to hold a firmware change against a world: `pytest_plugins = ["simulator.plugin"]`."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulator import scenario as scenarios
from simulator.run import Outputs, Plan, in_process
from simulator.site import Sample


@dataclass(frozen=True)
class Outcome:
    """What a run came to: its report, its event log, what was true, and the gateway's database."""

    report: dict[str, Any]
    gateway: dict[str, Any]
    events: list[dict[str, Any]]
    truth: list[Sample]
    database: Path

    def readings(self, quantity: str) -> list[tuple[str, int, float | None, str | None]]:
        """(DevEUI, time in ms, value, fault) of a quantity, in the order of time."""
        query = "SELECT dev_eui, time, value, fault FROM reading WHERE quantity = ? ORDER BY time"
        with sqlite3.connect(self.database) as db:
            return db.execute(query, (quantity,)).fetchall()


Simulate = Callable[..., Outcome]


@pytest.fixture
def messfunk_sim(tmp_path: Path) -> Simulate:
    """Call it with a scenario (a name, a file or TOML text), how long, and what to change in the scenario."""

    def simulate(what: str, lasts: str = "6h", **changes: object) -> Outcome:
        path = tmp_path / "scenario.toml"
        if "\n" in what:
            path.write_text(what, encoding="utf-8")
        chosen = scenarios.load(str(path) if "\n" in what else what).model_copy(update=changes)
        log, db = tmp_path / "run.events.jsonl", tmp_path / "run.db"
        db.unlink(missing_ok=True)
        truth: list[Sample] = []
        outputs = Outputs((log,), truth=truth)
        plan = Plan("test", chosen, scenarios.duration_s(lasts), None)
        summary = asyncio.run(in_process(plan, db, outputs))
        events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        return Outcome(summary.report, summary.gateway or {}, events, truth, db)

    return simulate
