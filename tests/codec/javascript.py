"""codec/decoder.js in Node and in QuickJS: documents of many payloads at once."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import quickjs

ROOT = Path(__file__).parents[2]
DECODER = (ROOT / "codec/decoder.js").read_text(encoding="utf-8")

# Says of one line, {"do": name, "input": {...}}, what the decoder's function of this name returns.
SAY = "function say(line) { line = JSON.parse(line); return JSON.stringify(eval(line['do'])(line.input)); }"


def asked(do: str, given: Iterable[dict[str, Any]]) -> list[str]:
    return [json.dumps({"do": do, "input": each}) for each in given]


def in_node(lines: list[str]) -> list[Any]:
    done = subprocess.run(
        ["node", "tests/codec/say.mjs"],
        cwd=ROOT,
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def in_quickjs(lines: list[str]) -> list[Any]:
    say = quickjs.Function("say", DECODER + SAY)
    return [json.loads(say(line)) for line in lines]


def uplinks(payloads: Iterable[bytes]) -> list[str]:
    return asked("decodeUplink", ({"fPort": 1, "bytes": list(payload)} for payload in payloads))
