"""10,000 random frames of the MAC and of the network it talks to, read by lora-packet and by tshark.

tshark 4.0 is blind to counters beyond 16 bits, payloads of FPort 0, frames without FPort, join-accepts.
"""

import os
import random
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from codec.lorawan import crypto, frames, join, join_server
from codec.lorawan.regions import EU868
from firmware.mac.actions import Done, Options, Otaa, Transmit
from firmware.mac.machine import Mac
from tests.judges import lora_packet

FRAMES = 10_000
PER_SESSION = 250
_ORDERS = (b"\x06", b"\x03\x51\x07\x00\x01", b"\x08\x01", b"\x05\x03\xd2\xad\x84", b"\x02\x05\x01", b"")


@dataclass(frozen=True)
class Sent:
    """A frame, what opens it, and what must be found in it."""

    phy: bytes
    keys: tuple[bytes, bytes]
    app_key: bytes
    plain: frames.Plain | None = None
    dev_nonce: int = 0


class Memory:
    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self._values.get(key)

    def put(self, key: str, value: bytes) -> None:
        self._values[key] = value


def life(rng: random.Random, frames_wanted: int) -> list[Sent]:
    """One activation: a join, then uplinks of which some are answered, with MAC commands both ways."""
    app_key, dev_eui = rng.randbytes(16), rng.randbytes(8)
    mac = Mac(
        EU868, Otaa(dev_eui, bytes(8), app_key), (Memory(), Memory()), rng.randrange, Options(5, True, 0)
    )
    mac.set_duty_cycle(False)
    for _ in range(rng.randrange(5)):
        mac.join(0)
    request = mac.join(0).frame
    dev_nonce = join_server.parse_request(request).dev_nonce
    cf_list = rng.choice((b"", bytes.fromhex("184f84e85684b85e84886684586e8400")))
    accept = join.JoinAccept(rng.randrange(1 << 24), 0, rng.getrandbits(32), 0, 3, 1, cf_list)
    phy = join_server.build_accept(accept, app_key)
    mac.sent(0)
    assert mac.heard(phy, 5200) == Done(True, (None, b"", False, False))
    keys = crypto.session_keys(app_key, accept.join_nonce, accept.net_id, dev_nonce)
    found = [Sent(request, keys, app_key), Sent(phy, keys, app_key, dev_nonce=dev_nonce)]
    session = mac._hops.session
    assert session
    session.fcnt_up, fcnt_down = rng.choice(((0, 0), (65_000, 70_000), (0x7FFF_FFF0, 3)))
    session._leased, session.fcnt_down = session.fcnt_up, fcnt_down - 1
    while len(found) < frames_wanted:
        payload = rng.randbytes(rng.randrange(60))
        action: Any = mac.uplink(0, rng.randrange(1, 224), payload, rng.random() < 0.3)
        while isinstance(action, Transmit):
            fcnt = session.fcnt_up - 1
            up = frames.parse(action.frame)
            opened = frames.open_payload(up, keys[0], keys[1], fcnt)
            plain = frames.Plain(up.mtype, up.dev_addr, up.fctrl, fcnt, up.fopts, up.fport, opened)
            found.append(Sent(action.frame, keys, app_key, plain))
            mac.sent(0)
            answer = None
            if rng.random() < 0.5:
                down, fcnt_down = downlink(rng, accept.dev_addr, fcnt_down), fcnt_down + 1 + rng.randrange(3)
                answer = frames.build(down, *keys)
                found.append(Sent(answer, keys, app_key, down))
            action = mac.heard(answer, 1200)
            while not isinstance(action, Done | Transmit):
                action = mac.resume(9000) if hasattr(action, "until_ms") else mac.heard(None, 2200)
    assert mac.counts.keys() <= {"unknown_command"}
    return found[:frames_wanted]


def downlink(rng: random.Random, dev_addr: int, fcnt: int) -> frames.Plain:
    kind = rng.choice((frames.UNCONFIRMED_DOWN, frames.CONFIRMED_DOWN))
    fctrl = rng.choice((0, frames.ACK, frames.F_PENDING, frames.ACK | frames.ADR))
    shape = rng.randrange(3)
    orders = b"".join(rng.sample(_ORDERS, 2))
    if shape == 0:
        return frames.Plain(kind, dev_addr, fctrl, fcnt, orders, None, b"")
    if shape == 1:
        return frames.Plain(kind, dev_addr, fctrl, fcnt, b"", 0, orders)
    return frames.Plain(
        kind, dev_addr, fctrl, fcnt, orders, rng.randrange(1, 224), rng.randbytes(rng.randrange(40))
    )


@pytest.fixture(scope="module")
def sent() -> list[Sent]:
    rng = random.Random(4)
    return [one for _ in range(FRAMES // PER_SESSION) for one in life(rng, PER_SESSION)]


def test_lora_packet_reads_all_of_them_as_they_were_meant(sent: list[Sent]) -> None:
    questions = [
        {
            "phy": one.phy.hex(),
            "nwk_s_key": one.keys[0].hex(),
            "app_s_key": one.keys[1].hex(),
            "app_key": one.app_key.hex(),
            "fcnt_msb": one.plain.fcnt >> 16 if one.plain else 0,
            "dev_nonce": one.dev_nonce,
        }
        for one in sent
    ]
    answers = lora_packet(questions)
    assert len(answers) == FRAMES
    for one, answer in zip(sent, answers, strict=True):
        assert answer["mic_ok"] is True, one
        if one.plain is None:
            assert answer["nwk_s_key"] in (None, one.keys[0].hex())
            continue
        assert int(answer["dev_addr"], 16) == one.plain.dev_addr
        assert answer["fcnt"] == one.plain.fcnt & 0xFFFF
        assert (answer["fopts"] or "") == one.plain.fopts.hex()
        assert answer["fport"] == one.plain.fport
        assert (answer["payload"] or "") == one.plain.payload.hex()


def test_tshark_finds_every_mic_good_and_every_payload_outside_its_blind_spots(
    sent: list[Sent], tmp_path: Path
) -> None:
    visible = [one for one in sent if one.plain and one.plain.fport and one.plain.fcnt <= 0xFFFF]
    assert len(visible) > FRAMES // 4
    rows = {
        f'"{one.phy[1:5].hex()}","{one.keys[0].hex()}","{one.keys[1].hex()}","0000000000000000"\n'
        for one in visible
    }
    (tmp_path / "encryption_keys_lorawan").write_text("".join(sorted(rows)))
    with (tmp_path / "frames.pcap").open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 270))
        for one in visible:
            packet = struct.pack(">BBHIBBBBBbB", 0, 0, 15, 868100000, 1, 7, 99, 99, 99, 0, 0x34) + one.phy
            file.write(struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet)
    tshark = shutil.which("tshark")
    assert tshark, "tshark is missing: make debian"
    fields = ("lorawan.mic.status", "lorawan.fhdr.fcnt", "lorawan.frmpayload_decrypted")
    command = [tshark, "-r", str(tmp_path / "frames.pcap"), "-T", "fields"]
    command += [part for name in fields for part in ("-e", name)]
    environment = {**os.environ, "WIRESHARK_CONFIG_DIR": str(tmp_path)}
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    lines = [line.split("\t") for line in printed.splitlines()]
    assert len(lines) == len(visible)
    for one, (status, fcnt, payload) in zip(visible, lines, strict=True):
        assert one.plain
        assert (status, int(fcnt)) == ("1", one.plain.fcnt), one
        assert payload.replace(":", "").replace("<MISSING>", "") == one.plain.payload.hex(), one
