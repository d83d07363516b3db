"""The log in both formats; and a gateway with canary keys at work, which tells none of them."""

import asyncio
import base64
import io
import json
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gateway import logs
from gateway.config import Address
from gateway.logs import LogConfig
from tests.gateway.broker import until
from tests.gateway.desk import JOIN_EUI, otaa
from tests.gateway.forwarder import Forwarder, push, rxpk

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(config: LogConfig) -> str:
    stream = io.StringIO()
    logs.configure(config, stream)
    log = logging.getLogger("tests.town")
    log.info("sink %s: works again", "town")
    log.warning("refused", extra={"cause": "mic", "count": 3})
    log.debug("nobody asked")
    logging.getLogger("uvicorn.error").info("Started server process")
    try:
        raise ValueError(f"AppKey {'ab' * 16} at mqtts://me:hunter2@broker")
    except ValueError:
        log.exception("master %s", "cd" * 64)
    return stream.getvalue()


def test_json_is_one_object_a_line() -> None:
    text = written(LogConfig(format="json"))
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["event"] for line in lines] == ["sink town: works again", "refused", "master ..."]
    assert (lines[1]["cause"], lines[1]["count"], lines[1]["level"]) == ("mic", 3, "warning")
    assert lines[0]["timestamp"].endswith("Z") and lines[0]["logger"] == "tests.town"
    assert "Traceback" in lines[2]["exception"]
    for secret in ("ab" * 16, "cd" * 16, "hunter2"):
        assert secret not in text


def test_the_console_has_a_line_for_people() -> None:
    text = written(LogConfig(level="warning"))
    assert "works again" not in text
    assert "refused" in text and "cause=mic" in text and "count=3" in text
    assert "Traceback" in text and "\x1b" not in text
    assert "hunter2" not in text and "ab" * 16 not in text


def forms(key: bytes) -> list[str]:
    return [key.hex(), key.hex().upper(), repr(key)[2:-1], base64.b64encode(key).decode()]


async def test_a_gateway_at_work_tells_no_key(tmp_path: Path) -> None:
    """Joins right and wrong, a wrong token, a broker that is away, lists with and without a fault."""
    node, wrong = otaa(1), otaa(2)
    node.app_key, password = bytes(range(160, 176)), "canary-hunter2-canary"
    (tmp_path / "password").write_text(password)
    (tmp_path / "messfunk.toml").write_text(
        '[log]\nformat = "json"\nlevel = "debug"\n[http]\nbind = "127.0.0.1:0"\n'
        '[[source]]\nbind = "127.0.0.1:0"\n'
        '[[sink]]\ntype = "mqtt"\nname = "away"\nurl = "mqtt://127.0.0.1:1"\nusername = "u"\n'
        'password_file = "password"\n'
    )
    row = {"dev_eui": node.dev_eui, "join_eui": JOIN_EUI, "app_key": node.app_key.hex()}
    (tmp_path / "good.json").write_text(json.dumps({"devices": [row]}))
    bad = row | {"dev_eui": "70b3d57ed0000009", "app_key": node.app_key.hex()[:-1]}
    (tmp_path / "bad.json").write_text(json.dumps({"devices": [bad]}))
    command = [sys.executable, str(ROOT / "messfunk.py")]
    log = (tmp_path / "log").open("w")
    process = await asyncio.create_subprocess_exec(
        *command, "gateway", "--json", cwd=tmp_path, stdout=subprocess.PIPE, stderr=log,
        env={"PATH": "/usr/bin:/bin"}, start_new_session=True,
    )  # fmt: skip
    log.close()
    assert process.stdout
    said = ""
    try:
        where = json.loads(await process.stdout.readline())
        for words in (("import", "good.json"), ("import", "bad.json"), ("export", "out.json", "--keys")):
            run = await asyncio.create_subprocess_exec(
                *command, "device", *words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            said += (await run.communicate())[0].decode()
        host, port = where["udp"].split(":")
        forwarder = Forwarder(Address(host, int(port)))
        for phy in (node.join_request(), wrong.join_request(), otaa(1).join_request()):
            forwarder.send(push(rxpk(phy)))  # a busy machine may be too late to acknowledge
        forwarder.close()
        async with httpx.AsyncClient(base_url=where["page"]) as client:
            token = {"Authorization": f"Bearer {password}"}
            assert (await client.get("/api/v1/devices", headers=token)).status_code == 401
            await client.post("/api/v1/devices", json=row)
        wanted = ("broker mqtt://127.0.0.1:1", '"mic"', '"unknown_device"')
        await until(lambda: all(each in (tmp_path / "log").read_text() for each in wanted), 60)
    finally:
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.communicate(), 60)
    text = (tmp_path / "log").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert {"mic", "unknown_device"} <= {line.get("cause") for line in lines}
    assert any("broker mqtt://127.0.0.1:1" in line["event"] for line in lines)
    assert "1 devices with their keys" in said and "line 1, column" in said
    master = bytes.fromhex((tmp_path / "messfunk.db.key").read_text().strip())
    for secret in (node.app_key, wrong.app_key, master, password.encode()):
        assert not [form for form in forms(secret) if form in text + said]
    assert password not in text
