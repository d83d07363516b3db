"""`messfunk demo` as its user meets it: two lines, values on the page's interface at once, a clean end."""

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

READY_S = 30.0


class Demo:
    """A running demo and what it has said of itself."""

    def __init__(self, *options: str):
        command = [sys.executable, "-m", "messfunk", "demo", "--no-browser", "--port", "0", *options]
        self.began = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout
        page, database = self.process.stdout.readline(), self.process.stdout.readline()
        found = re.fullmatch(r"page: (http://127\.0\.0\.1:\d+/)\n", page)
        assert found, page
        self.url = found[1]
        assert database.startswith("database: ")
        self.database = Path(database.removeprefix("database: ").strip())

    def get(self, path: str) -> dict[str, object]:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            document: dict[str, object] = json.load(answer)
            return document

    def end(self, number: int) -> tuple[int, str]:
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors


@pytest.fixture
def demo() -> Iterator[Demo]:
    running = Demo()
    yield running
    running.process.kill()
    running.process.communicate()
    for left in running.database.parent.glob(running.database.name + "*"):
        left.unlink()


def test_the_first_reading_comes_within_30_s_from_twelve_nodes_over_two_gateways(demo: Demo) -> None:
    while not any(device["last"] for device in demo.get("api/v1/devices")["devices"]):  # type: ignore[attr-defined]
        assert time.monotonic() - demo.began < READY_S
        time.sleep(0.1)
    devices = demo.get("api/v1/devices")["devices"]
    assert isinstance(devices, list) and len(devices) == 12
    while len(gateways(demo)) < 2:
        assert time.monotonic() - demo.began < READY_S
        time.sleep(0.1)


def gateways(demo: Demo) -> set[str]:
    uplinks = demo.get("api/v1/uplinks?limit=100")["uplinks"]
    assert isinstance(uplinks, list)
    return {heard["gateway_id"] for uplink in uplinks for heard in uplink["receptions"]}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_cleanly_and_leaves_the_database_it_named(demo: Demo, number: int) -> None:
    time.sleep(1)
    assert demo.end(number) == (0, "")
    assert demo.database.exists()
    left = sorted(path.name for path in demo.database.parent.glob(demo.database.name + "*"))
    assert left == [demo.database.name]


def test_it_ends_by_itself_after_the_time_given() -> None:
    running = Demo("--for", "2s", "--nodes", "1")
    _, errors = running.process.communicate(timeout=30)
    assert (running.process.returncode, errors) == (0, "")
    running.database.unlink()


def test_a_taken_port_is_named_with_the_next_step(demo: Demo) -> None:
    port = re.search(r":(\d+)/", demo.url)
    assert port
    command = [sys.executable, "-m", "messfunk", "demo", "--no-browser", "--port", port[1]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert port[1] in done.stderr and "another port" in done.stderr and "Traceback" not in done.stderr
