"""The counters have the names of issue 2, the notifier wakes whoever waits."""

import asyncio

from gateway.counters import Counters
from gateway.notify import Notifier


def test_the_names_are_those_of_healthz() -> None:
    counters = Counters()
    counters.add("uplinks")
    assert counters.as_dict() == {
        "datagrams": 0,
        "joins": 0,
        "uplinks": 1,
        "duplicates": 0,
        "repetitions": 0,
        "undecoded": 0,
        "downlinks": 0,
        "second_windows": 0,
        "unanswered": 0,
        "unacknowledged": 0,
        "dropped": 0,
        "refused": {
            "malformed": 0,
            "crc": 0,
            "mic": 0,
            "replay": 0,
            "unknown_device": 0,
            "dev_nonce": 0,
            "unknown_gateway": 0,
            "conflict": 0,
            "unauthorized": 0,
            "transmission": 0,
            "tmst": 0,
        },
    }


async def test_a_follower_wakes_when_there_is_something_new() -> None:
    notifier = Notifier()
    followers = [asyncio.create_task(notifier.wait(after)) for after in (0, 4, 5)]
    notifier.announce(4)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [follower.done() for follower in followers] == [True, False, False]
    notifier.announce(6)
    await asyncio.wait_for(asyncio.gather(*followers), 5)
    await asyncio.wait_for(notifier.wait(5), 5)
