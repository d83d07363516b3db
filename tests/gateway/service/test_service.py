"""What systemd is told, and what it makes of the unit."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.service.notify import Service

ROOT = Path(__file__).parents[3]
UNIT = ROOT / "gateway" / "service" / "messfunk.service"


@pytest.fixture
def ear(tmp_path: Path) -> "socket.socket":
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.bind(str(tmp_path / "n"))
    made.settimeout(60)
    return made


def test_a_gateway_says_that_it_is_ready_alive_and_stopping(tmp_path: Path, ear: socket.socket) -> None:
    (tmp_path / "g.toml").write_text('[http]\nbind = "127.0.0.1:0"\n[[source]]\nbind = "127.0.0.1:0"\n')
    command = (sys.executable, str(ROOT / "messfunk.py"), "gateway", "--config", str(tmp_path / "g.toml"))
    environment = os.environ | {"NOTIFY_SOCKET": str(tmp_path / "n"), "WATCHDOG_USEC": "200000"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        told = [ear.recv(100) for _ in range(4)]
        process.send_signal(signal.SIGTERM)
        while told[-1] != b"STOPPING=1":
            told.append(ear.recv(100))
        _, errors = process.communicate(timeout=60)
    ear.close()
    assert process.returncode == 0, errors
    assert told[0] == b"READY=1"
    assert set(told[1:-1]) == {b"WATCHDOG=1"}


async def test_one_that_is_not_well_is_not_said_to_live(tmp_path: Path, ear: socket.socket) -> None:
    service = Service({"NOTIFY_SOCKET": str(tmp_path / "n"), "WATCHDOG_USEC": "10000"})
    living = asyncio.create_task(service.live(lambda: False))
    await asyncio.sleep(0.1)
    living.cancel()
    ear.setblocking(False)
    with pytest.raises(BlockingIOError):
        ear.recv(100)
    ear.close()


async def test_without_systemd_nothing_is_said() -> None:
    service = Service({})
    service.say("READY=1")
    await service.live(lambda: True)


def test_systemd_takes_the_unit_and_finds_little_exposed(tmp_path: Path) -> None:
    unit = tmp_path / "messfunk.service"
    unit.write_text(UNIT.read_text().replace("/usr/local/bin/messfunk", sys.executable))
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=25", str(unit)]
    judged = subprocess.run(command, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout[-200:]
