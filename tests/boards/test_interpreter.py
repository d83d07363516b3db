"""MicroPython's image: checked by hash and by its own structure before it goes onto a board."""

import hashlib
import json
import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from boards.workbench import WorkbenchError, catalogue, images
from boards.workbench.cli import app

T_BEAM, T3_S3, RP2040 = (catalogue.find(name) for name in ("t_beam", "t3_s3", "rak11310"))
VERSION = b"MicroPython v1.27.0 on 2025-12-09; Generic"


def esp_part(chip: int, text: bytes) -> bytes:
    """Two segments, a checksum at the end of a row of 16, and the digest of all that."""
    body = struct.pack("<BBBBI4xH9xB", 0xE9, 2, 2, 0x20, 0x40080000, chip, 1)
    for segment in (text, b"\x01\x02\x03\x04"):
        body += struct.pack("<II", 0x3F400000, len(segment)) + segment
    body += bytes(15 - len(body) % 16) + b"\xef"
    return body + hashlib.sha256(body).digest()


def esp_image(board: catalogue.Board, chip: int, text: bytes = VERSION) -> bytes:
    program_at = 0x10000 - int(board.flash_offset or "0", 16)
    return esp_part(chip, b"bootloader").ljust(program_at, b"\xff") + esp_part(chip, text)


def uf2_image(family: int = 0xE48BFF56, blocks: int = 3, text: bytes = VERSION) -> bytes:
    head = (0x0A324655, 0x9E5D5157, 0x2000)
    return b"".join(
        struct.pack("<IIIIIIII476sI", *head, 0x10000000, 256, at, blocks, family, text, 0x0AB16F30)
        for at in range(blocks)
    )


@pytest.fixture
def unpinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "PINNED", {})


def refusal(board: catalogue.Board, tmp_path: Path, data: bytes) -> str:
    image = tmp_path / "image"
    image.write_bytes(data)
    with pytest.raises(WorkbenchError) as refused:
        images.check(board, image)
    return str(refused.value)


@pytest.mark.usefixtures("unpinned")
def test_whole_images_are_known_by_their_structure(tmp_path: Path) -> None:
    for board, data in (
        (T_BEAM, esp_image(T_BEAM, 0)), (T3_S3, esp_image(T3_S3, 9)), (RP2040, uf2_image())
    ):  # fmt: skip
        image = tmp_path / board.name
        image.write_bytes(data)
        assert images.check(board, image) == hashlib.sha256(data).hexdigest()


@pytest.mark.usefixtures("unpinned")
@pytest.mark.parametrize(
    ("board", "data", "told"),
    [
        (T_BEAM, b"", "its bootloader does not begin"),
        (T_BEAM, b"<html>not found</html>", "its bootloader does not begin"),
        (T_BEAM, esp_image(T_BEAM, 9), "is for chip 9, and esp32 is 0"),
        (T3_S3, esp_image(T_BEAM, 9), "its program does not begin"),
        (T_BEAM, esp_image(T_BEAM, 0)[:-1], "its program is cut off"),
        (T_BEAM, esp_image(T_BEAM, 0, b"MicroPython v1.26.1"), "nothing in it says v1.27.0"),
        (RP2040, b"", "not made of blocks"),
        (RP2040, esp_image(T_BEAM, 0).ljust(1 << 17), "block 0 is no UF2"),
        (RP2040, uf2_image(0xE48BFF59), "the family 0xe48bff59"),
        (RP2040, uf2_image()[:1024], "blocks are missing"),
        (RP2040, uf2_image(text=b"CircuitPython"), "nothing in it says v1.27.0"),
    ],
)
def test_what_is_not_the_image_is_named(
    tmp_path: Path, board: catalogue.Board, data: bytes, told: str
) -> None:
    assert told in refusal(board, tmp_path, data)


@given(place=st.integers(0, len(esp_part(0, VERSION)) - 1), bit=st.integers(0, 7))
def test_no_bit_of_a_program_flips_unseen(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    data = bytearray(esp_image(T3_S3, 9))
    data[0x10000 + place] ^= 1 << bit
    image = tmp_path_factory.mktemp("image") / "image"
    image.write_bytes(data)
    with pytest.raises(WorkbenchError):
        images.check(T3_S3, image)


def test_a_pinned_image_is_held_to_size_and_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = esp_image(T_BEAM, 0)
    pin = catalogue.Pinned(len(good), hashlib.sha256(good).hexdigest(), "this test")
    monkeypatch.setattr(catalogue, "PINNED", {"ESP32_GENERIC": pin})
    assert f"bytes and ESP32_GENERIC-20251209-v1.27.0.bin {len(good)}" in refusal(T_BEAM, tmp_path, good[:-1])
    assert f"expected {pin.sha256}" in refusal(T_BEAM, tmp_path, good[:-1] + b"x")


def test_which_are_pinned_is_told_of_all_boards() -> None:
    told = json.loads(CliRunner().invoke(app, ["interpreter", "--json"]).stdout)["boards"]
    assert {row["board"] for row in told if row["sha256"] is None} == {"rak11310", "t3_s3"}
    assert all(len(row["sha256"]) == 64 and row["size"] and row["source"] for row in told if row["sha256"])
    text = CliRunner().invoke(app, ["interpreter"]).stdout
    assert text.count("pinned") == 6 and text.count("hash not known") == 2


@pytest.mark.usefixtures("unpinned")
def test_esptool_gets_the_image_and_the_place_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image, said, tool = tmp_path / "image.bin", tmp_path / "said", tmp_path / "bin/esptool"
    image.write_bytes(esp_image(T_BEAM, 0))
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\necho "$@" > {said}\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    command = ["interpreter", "--board", "t_beam", "--image", str(image), "--json"]
    checked = json.loads(CliRunner().invoke(app, command).stdout)
    assert checked["image_sha256"] == hashlib.sha256(image.read_bytes()).hexdigest()
    assert not checked["installed"] and not said.exists()
    assert json.loads(CliRunner().invoke(app, [*command, "--port", "/dev/ttyUSB0"]).stdout)["installed"]
    assert said.read_text().split() == [
        "--chip", "esp32", "--port", "/dev/ttyUSB0", "write-flash", "0x1000", str(image)
    ]  # fmt: skip


@pytest.mark.usefixtures("unpinned")
def test_an_rp2040_gets_its_image_by_copy(tmp_path: Path) -> None:
    image, drive = tmp_path / "image.uf2", tmp_path / "RPI-RP2"
    image.write_bytes(uf2_image())
    drive.mkdir()
    command = ["interpreter", "--board", "rak11310", "--image", str(image)]
    assert "not installed: name --drive" in CliRunner().invoke(app, command).stdout
    assert "installed by" in CliRunner().invoke(app, [*command, "--drive", str(drive)]).stdout
    assert (drive / "RPI_PICO-20251209-v1.27.0.uf2").read_bytes() == image.read_bytes()
