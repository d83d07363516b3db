"""Five encoders and decoders of the same seeded reports: CPython, MicroPython, Node, QuickJS and cbor2.

They agree byte for byte and value for value. `make fuzz-codec` compares 100,000 reports, 5,000 of them in the
MicroPython VM; the tests a part of them.
"""

import hashlib
import json
import subprocess
import sys
from itertools import islice
from typing import Any

from codec import message, report
from codec.desk.generate.vectors import decoded
from codec.message import Report
from tests.codec import reference
from tests.codec.javascript import ROOT, in_node, in_quickjs, uplinks
from tests.shared.test_report import random_reports

PART = 5000


def agree(count: int, in_vm: int) -> dict[str, int]:
    """Compare `count` reports, `in_vm` of them in the MicroPython VM; how many each has seen."""
    seen = {"CPython and cbor2": 0, "Node": 0, "QuickJS": 0}
    digest = hashlib.sha256()
    reports = random_reports(count)
    while part := list(islice(reports, PART)):
        payloads = [checked(values) for values in part]
        expected = [decoded(payload) for payload in payloads]
        lines = uplinks(payloads)
        for name, engine in (("Node", in_node), ("QuickJS", in_quickjs)):
            if engine(lines) != expected:
                raise AssertionError(f"{name} disagrees")
            seen[name] += len(part)
        if seen["CPython and cbor2"] < in_vm:
            for payload in payloads[: in_vm - seen["CPython and cbor2"]]:
                digest.update(payload)
        seen["CPython and cbor2"] += len(part)
    vm = micropython(in_vm)
    if vm["sha256"] != digest.hexdigest():
        raise AssertionError("the MicroPython VM disagrees")
    return {**seen, "MicroPython": vm["count"]}


def checked(values: dict[str, Any]) -> bytes:
    """The payload of a report that our encoder, our decoder and cbor2 agree on."""
    payload = report.encode(values)
    if payload != reference.payload(Report(values, (0, b""))) or message.decode(payload).values != values:
        raise AssertionError(f"{values} became {payload.hex()}")
    return payload


def micropython(count: int) -> dict[str, Any]:
    """The same reports, encoded in the VM, and decoded there as well."""
    done = subprocess.run(
        ["node", "tests/codec/agree.mjs", str(count)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def main() -> None:
    for name, count in agree(100_000, 5_000).items():
        print(f"{name}: {count} reports, the same bytes and values")


if __name__ == "__main__":
    sys.exit(main())
