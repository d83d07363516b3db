"""Independent opinions on our bytes, asked through Node.js."""

import json
import subprocess
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


def lora_packet(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What npm's lora-packet reads in each frame; lora_packet.mjs names the fields."""
    questions = "".join(json.dumps(frame) + "\n" for frame in frames)
    node = subprocess.run(
        ["node", str(_HERE / "lora_packet.mjs")], input=questions, capture_output=True, text=True, timeout=60
    )
    assert node.returncode == 0, node.stderr
    return [json.loads(line) for line in node.stdout.splitlines()]
