"""The peer: a Node-RED flow that decodes our payload from ChirpStack's JSON, publishes and keeps it."""

import base64
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import codec
from tests.bench.gateway.fleet import payload
from tests.gateway.lns import event, topic

VERSION = "4.1.15"  # the newest for Node.js 20
_DECODER = Path(codec.__file__).parent / "decoder.js"
_FUNCTION = """
const bytes = Array.from(Buffer.from(msg.payload.data, "base64"));
const decoded = decodeUplink({ bytes: bytes, fPort: msg.payload.fPort });
const heard = msg.payload.rxInfo[0];
msg.topic = "nodered/" + msg.payload.deviceInfo.devEui + "/up";
msg.payload = {
  dev_eui: msg.payload.deviceInfo.devEui, name: msg.payload.deviceInfo.deviceName, fcnt: msg.payload.fCnt,
  time: msg.payload.time, rssi: heard.rssi, snr: heard.snr, gateway: heard.gatewayId, values: decoded.data
};
return msg;
"""


def install(folder: Path) -> Path:
    """Its program; by npm, once."""
    program = folder / "node_modules" / ".bin" / "node-red"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
        subprocess.run([*command, f"node-red@{VERSION}"], check=True)
    return program


def flow(port: int, file: Path) -> list[dict[str, object]]:
    """Four nodes in a row, as people build it."""
    broker = {"id": "broker", "type": "mqtt-broker", "broker": "127.0.0.1", "port": str(port)}
    broker |= {"protocolVersion": "4", "keepalive": "60", "cleansession": True, "autoConnect": True}
    taken = {"id": "take", "type": "mqtt in", "z": "tab", "topic": "application/+/device/+/event/up"}
    taken |= {"qos": "1", "datatype": "json", "broker": "broker", "wires": [["decode"]]}
    source = f"{_DECODER.read_text('utf-8')}\n{_FUNCTION}"
    decode = {"id": "decode", "type": "function", "z": "tab", "func": source, "outputs": 1}
    decode |= {"wires": [["say", "append"]]}
    out = {"id": "say", "type": "mqtt out", "z": "tab", "topic": "", "qos": "1", "retain": "false"}
    out |= {"broker": "broker", "wires": []}
    kept = {"id": "append", "type": "file", "z": "tab", "filename": str(file), "filenameType": "str"}
    kept |= {"appendNewline": True, "overwriteFile": "false", "wires": [[]]}
    return [{"id": "tab", "type": "tab", "label": "messfunk"}, broker, taken, decode, out, kept]


@contextmanager
def running(program: Path, folder: Path, port: int) -> Iterator[int]:
    """Its process number, once its flow is connected."""
    (folder / "flows.json").write_text(json.dumps(flow(port, folder / "readings.jsonl")))
    (folder / "settings.js").write_text(
        'module.exports = { flowFile: "flows.json", httpAdminRoot: false, httpNodeRoot: false, '
        'uiHost: "127.0.0.1", uiPort: 0, logging: { console: { level: "info" } } };'
    )
    log = folder / "log"
    with log.open("w") as written:
        command = ["node", "--max-old-space-size=1024", str(program.resolve()), "--userDir", str(folder)]
        process = subprocess.Popen(command, stdout=written, stderr=written)
    try:
        until = time.monotonic() + 60
        while "Connected to broker" not in log.read_text():
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError(log.read_text())
            time.sleep(0.1)
        time.sleep(1)  # its subscription follows
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def messages(nodes: int, rounds: int) -> list[tuple[str, bytes]]:
    """The same payloads as ChirpStack would hand them over."""
    made = [(topic(n), event(n, fcnt, payload(n, fcnt))) for fcnt in range(rounds) for n in range(nodes)]
    assert base64.b64encode(payload(0, 0)) in made[0][1]
    return made
