"""Hostile payloads for the decoder: every short one, and good ones bent. `make fuzz-codec` runs it all.

Each is refused by WireError, or it is what the reference encoder makes of what it was understood to say.
"""

import itertools
import random
import sys
from collections.abc import Iterable, Iterator
from multiprocessing import Pool

from codec import message, report
from codec.desk.generate.examples import EXAMPLES
from codec.wire import WireError
from tests.codec import reference
from tests.shared.test_report import random_reports

BENT = 1_000_000
SEEDS = [example.payload for example in EXAMPLES] + [
    report.encode(dict(each)) for each in random_reports(200)
]


def short_inputs(size: int) -> Iterator[bytes]:
    """Every payload of up to `size` bytes."""
    for length in range(size + 1):
        yield from map(bytes, itertools.product(range(256), repeat=length))


def bent(chance: random.Random) -> bytes:
    """A good payload with a few bytes changed, removed, put in, or the tail of another one."""
    payload = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(payload) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            payload[at : at + 1] = chance.randbytes(1)
        elif kind == 1:
            payload[at : at + 1] = (
                bytes([payload[at] ^ 1 << chance.randrange(8)]) if at < len(payload) else b""
            )
        elif kind == 2:
            del payload[at : at + chance.randint(1, 3)]
        elif kind == 3:
            payload[at:at] = chance.choice(
                (b"\x80", b"\xf6", b"\x18", b"\x9f", b"\xff", b"\xc1", b"\x81\x01")
            )
        else:
            payload[at:] = chance.choice(SEEDS)[at:]
    return bytes(payload)


def accepted(payloads: Iterable[bytes]) -> tuple[int, int]:
    """How many payloads there were and how many were accepted; anything but a refusal or exactness raises."""
    tried = taken = 0
    for payload in payloads:
        tried += 1
        try:
            said = message.decode(payload)
        except WireError:
            continue
        taken += 1
        if reference.payload(said) != payload:
            raise AssertionError(f"{payload.hex()} was taken for {said}")
    return tried, taken


def _beginning_with(first: int) -> tuple[int, int]:
    return accepted(bytes([first, *rest]) for rest in itertools.product(range(256), repeat=2))


def _bent_by(seed: int) -> tuple[int, int]:
    chance = random.Random(seed)
    return accepted(bent(chance) for _ in range(BENT // 100))


def main() -> None:
    tried, taken = accepted(short_inputs(2))
    print(f"all of up to 2 bytes: {tried} tried, {taken} accepted and exact")
    with Pool() as pool:
        for name, work, parts in (
            ("all of 3 bytes", _beginning_with, range(256)),
            ("bent", _bent_by, range(100)),
        ):
            counts = pool.map(work, parts, chunksize=1)
            tried, taken = (sum(column) for column in zip(*counts, strict=True))
            print(f"{name}: {tried} tried, {taken} accepted and exact", flush=True)


if __name__ == "__main__":
    sys.exit(main())
