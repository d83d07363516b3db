"""What a node pays for the payload codec: flash, heap, and what an encoding allocates, in the real VM."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from boards.workbench import building

ROOT = Path(__file__).parents[2]
# These two serve LoRaWAN as well; a node has them anyway.
SHARED = ("wire",)
PAYLOAD = ("cbor", "registry", "report", "dialogue")

EVERYTHING = {
    "distance": 1234, "temperature": 123, "humidity": 71, "pm1": 61, "pm25": 84, "pm4": 90, "pm10": 127,
    "laeq": 613, "lafmax": 789, "l10": 642, "l90": 521, "battery": 371, "number": 47110,
}  # fmt: skip
FLOOD = [1650, 1647, 1601, None, 1480, 1433, 1390, 1388, 1377, 1370, 1371, 1372]
CALLS = {
    "creek": "report.encode, {'distance': 1234, 'temperature': 123}",
    "no echo": "report.encode, {'distance': 'no_echo', 'temperature': 123}",
    "dead microphone": "report.encode, dict.fromkeys(('laeq', 'lafmax', 'l10', 'l90'), 'no_answer')",
    "everything": f"report.encode, {EVERYTHING}",
    "batch": f"dialogue.batch, 4700, 'distance', {FLOOD}",
    "alarm": "dialogue.alarm, 4712, 2, 1180, -46",
    "answer": "dialogue.answer, 7, 0, 2, 0",
}


@pytest.fixture(scope="module")
def flash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The modules as a node has them."""
    folder = tmp_path_factory.mktemp("mpy")
    for name in ("__init__", *SHARED, *PAYLOAD):
        building.compile_module(f"codec/{name}.py", f"codec/{name}.py", folder / f"{name}.mpy", "armv6m")
    return folder


@pytest.fixture(scope="module")
def cost(flash: Path) -> Any:
    modules = ["codec", *(f"codec.{name}" for name in (*SHARED, *PAYLOAD))]
    done = subprocess.run(
        ["node", "tests/codec/budget.mjs", flash, *modules],
        cwd=ROOT,
        input=json.dumps(CALLS),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_payload_part_takes_at_most_4_kb_of_flash(flash: Path) -> None:
    assert sum((flash / f"{name}.mpy").stat().st_size for name in PAYLOAD) <= 4096


def test_the_payload_part_takes_at_most_6_kb_of_heap(cost: Any) -> None:
    assert sum(cost["heaps"][f"codec.{name}"] for name in PAYLOAD) <= 6144


@pytest.mark.parametrize("name", CALLS)
def test_an_encoding_allocates_at_most_128_bytes(name: str, cost: Any) -> None:
    assert 0 < cost["encodings"][name]["bytes"] <= 128, cost["encodings"][name]
