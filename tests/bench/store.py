"""`make bench-store`: a gateway with a large ledger: its start, its answers over HTTP, its memory."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from gateway.config import load
from gateway.store.database import opened
from tests.bench import large
from tests.bench.gateway.process import usage

TIMES = 40
DAY_MS = 86_400_000
_CONFIG = """
    [http]
    bind = "127.0.0.1:0"
    [store]
    path = "store.db"
    [[source]]
    type = "semtech_udp"
    bind = "127.0.0.1:0"
"""


@dataclass(frozen=True)
class Question:
    """What the issue asks for, and how soon the last byte is to be there."""

    name: str
    path: str
    wanted_ms: int
    rows: int  # that must be in the answer
    list_name: str


def questions(devices: int, until: int) -> list[Question]:
    """`until`: the newest reading of fine dust."""
    middle = f"/api/v1/devices?limit=500&cursor={_cursor(large.eui(devices // 2))}"
    month = urlencode({"quantity": "pm10", "limit": 10_000, "from": _instant(until - large.DAYS * DAY_MS)})
    sites = [("site", large.site_id(number)) for number in range(large.BUSY)]
    year = urlencode([("quantity", "pm10"), *sites])
    month_rows = large.DAYS * 288
    return [
        Question("a page of 500 devices with last values", middle, 100, 500, "devices"),
        Question(
            "30 days of one 5-minute series",
            f"/api/v1/devices/{large.eui(7)}/readings?{month}",
            100,
            month_rows,
            "readings",
        ),
        Question("a year of daily means of 100 series", f"/api/v1/rollups?{year}", 200, large.BUSY, "series"),
    ]


@contextmanager
def gateway(config: Path) -> Iterator[tuple[int, str, float]]:
    """Started as its operator does: process, address of the page, seconds until it serves."""
    command = [sys.executable, "messfunk.py", "gateway", "--config", str(config), "--json"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            told = json.loads(process.stdout.readline())
            yield process.pid, urlsplit(told["page"]).netloc, time.perf_counter() - began
        finally:
            process.terminate()


def ask(place: str, path: str, encoding: str = "identity") -> tuple[float, bytes]:
    """Milliseconds to the last byte, over a connection of its own."""
    began = time.perf_counter()
    connection = HTTPConnection(place, timeout=60)
    connection.request("GET", path, headers={"Accept-Encoding": encoding})
    answer = connection.getresponse()
    body = answer.read()
    took = (time.perf_counter() - began) * 1000
    connection.close()
    assert answer.status == 200, (path, body[:300])
    return took, body


def measure(pid: int, place: str, question: Question) -> str:
    body = ask(place, question.path)[1]
    found = json.loads(body)[question.list_name]
    assert len(found) == question.rows, (question.name, len(found))
    before = usage(pid).processor_s
    took = sorted(ask(place, question.path)[0] for _ in range(TIMES))
    processor = (usage(pid).processor_s - before) * 1000 / TIMES
    zipped = sorted(ask(place, question.path, "gzip")[0] for _ in range(TIMES))
    p95 = int(TIMES * 0.95) - 1
    return (
        f"| {question.name} | {question.wanted_ms} ms | {took[TIMES // 2]:.0f} ms | {took[p95]:.0f} ms "
        f"| {zipped[p95]:.0f} ms | {processor:.0f} ms | {len(body) / 1e3:.0f} kB |"
    )


def walk(place: str) -> int:
    """The overview from its first to its last part; how many parts."""
    following: str | None = "/sites.geojson"
    parts = 0
    while following:
        found: dict[str, Any] = json.loads(ask(place, following)[1])
        following, parts = found.get("next"), parts + 1
    for path in ("/", "/nodes", "/gateways", "/live", "/alarms"):
        ask(place, path)
    return parts


def _cursor(dev_eui: str) -> str:
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(json.dumps([dev_eui]).encode()).decode().rstrip("=")


def _instant(time_ms: int) -> str:
    return (
        datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def main(devices: int, readings: int, folder: Path) -> None:
    folder = folder / f"store-{devices}-{readings}"
    config = folder / "messfunk.toml"
    if not config.exists():
        folder.mkdir(parents=True)
        config.write_text(_CONFIG)
        began = time.perf_counter()
        large.fill(load(config), devices, readings)
        print(f"filled in {time.perf_counter() - began:.0f} s")
    with opened(load(config).store.where) as db:
        newest = "SELECT max(time) FROM newest WHERE quantity = 'pm10'"
        until = db.execute(newest).fetchone()[0]
    with gateway(config):
        pass  # an older schema is brought up to date
    with gateway(config) as (pid, place, started_s):
        used = usage(pid)
        print(
            f"start: {started_s:.2f} s of 5, {used.processor_s:.2f} s of processor, {used.memory_mb:.0f} MB"
        )
        for question in questions(devices, until):
            print(measure(pid, place, question), flush=True)
        parts = walk(place)
        print(f"after {parts} parts of all places and each page: {usage(pid).memory_mb:.0f} MB of 300")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
