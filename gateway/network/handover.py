"""Downlinks of the nodes that an LNS serves: it takes them from the queue and does the rest itself."""

from collections.abc import Awaitable, Callable

from gateway.model import GatewayError
from gateway.network import queue
from gateway.store.ledger import Store

Send = Callable[[str, int, bytes, bool], Awaitable[str]]


async def hand_over(store: Store, now: int, send: Send) -> None:
    """What an LNS does not take now waits for the node's next uplink or the next command."""
    with store.transaction():
        queue.expire(store.connection, now)
    for item in queue.behind_lns(store.connection):
        try:
            reference = await send(item.dev_eui, item.fport, item.payload, item.confirmed)
        except (GatewayError, OSError) as error:
            with store.transaction():
                queue.defer(store.connection, item, str(error))
            continue
        with store.transaction():
            queue.handed_over(store.connection, item, reference, now)
