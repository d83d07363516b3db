"""InfluxDB 2 and 3 by line protocol (POST /api/v2/write)."""

import asyncio
import re
from collections.abc import Iterator, Sequence

from gateway.model import Reading
from gateway.peers import InfluxConfig
from gateway.sinks.http import open_client, post
from gateway.store.outbox import Delivery

_ESCAPED = re.compile(r"([,= ])")
_QUOTED = re.compile(r'(["\\])')
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class Influx:
    """A point written twice is one point: same tags, same time."""

    batch = 200

    def __init__(self, config: InfluxConfig):
        self.name = config.name
        self.back = asyncio.Event()  # nobody tells when a server is there again
        self._url = config.url.rstrip("/") + "/api/v2/write"
        self._params = {"org": config.org, "bucket": config.bucket, "precision": "ms"}
        self._measurement = config.measurement
        self._client = open_client(config.token_file, "Token")

    def start(self) -> None:
        """The client connects when it has something to say."""

    async def stop(self) -> None:
        await self._client.aclose()

    async def deliver(self, deliveries: Sequence[Delivery]) -> None:
        lines = [line for delivery in deliveries for line in to_lines(delivery, self._measurement)]
        if lines:
            headers = {"Content-Type": "text/plain; charset=utf-8"}
            await post(self._client, self._url, "\n".join(lines).encode(), headers, self._params)


def to_lines(delivery: Delivery, measurement: str) -> Iterator[str]:
    """One point per time of measurement. Values are always floats: a change of type makes InfluxDB refuse."""
    tags = f"{measurement},dev_eui={delivery.dev_eui},name={_escape(delivery.name)}"
    for time in sorted({each.time for each in delivery.readings}):
        fields = [f"fcnt={delivery.fcnt}i", f'uplink_id="{delivery.id}"']
        fields += [_field(each) for each in delivery.readings if each.time == time]
        yield f"{tags} {','.join(fields)} {time}"


def _field(reading: Reading) -> str:
    if reading.value is None:
        return f'{reading.quantity}_fault="{_quote(reading.fault or "")}"'
    return f"{reading.quantity}={float(reading.value)!r}"


def _escape(text: str) -> str:
    """A tag is never empty, and a backslash in it cannot be written in all places."""
    plain = _CONTROL.sub(" ", text).replace("\\", "/").strip() or "-"
    return _ESCAPED.sub(r"\\\1", plain)


def _quote(text: str) -> str:
    return _QUOTED.sub(r"\\\1", _CONTROL.sub(" ", text))
