"""What the outbox expects of a sink."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from gateway.model import GatewayError
from gateway.store.outbox import Delivery


class UnavailableError(GatewayError):
    """Not now: all of it is offered again later. `answered` when the sink itself said so."""

    def __init__(self, reason: str, answered: bool = False):
        super().__init__(reason)
        self.answered = answered


class RefusedError(GatewayError):
    """Never: this cannot be delivered, however often it is tried."""


class Sink(Protocol):
    """Takes deliveries, perhaps more than once: by their ids it can tell. `back` is set when it may work."""

    name: str
    batch: int
    back: asyncio.Event

    def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def deliver(self, deliveries: Sequence[Delivery]) -> None:
        """Return when the sink has all of them, in order; UnavailableError or RefusedError if not."""
