"""A webhook: each uplink as JSON to one URL."""

import asyncio
from collections.abc import Sequence

from gateway.peers import WebhookConfig
from gateway.sinks.body import to_json
from gateway.sinks.http import open_client, post
from gateway.store.outbox import Delivery


class Webhook:
    """One uplink per request, so that an answer is for one uplink. `Idempotency-Key` tells repeated ones."""

    batch = 1

    def __init__(self, config: WebhookConfig):
        self.name = config.name
        self.back = asyncio.Event()  # nobody tells when a server is there again
        self._url = config.url
        self._client = open_client(config.token_file, "Bearer")

    def start(self) -> None:
        """The client connects when it has something to say."""

    async def stop(self) -> None:
        await self._client.aclose()

    async def deliver(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            headers = {"Content-Type": "application/json", "Idempotency-Key": delivery.id}
            await post(self._client, self._url, to_json(delivery), headers, {})
