"""Words to people by apprise: e-mail, SMS, chats, webhooks; one URL names service, account and recipient."""

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from gateway.model import GatewayError

if TYPE_CHECKING:
    import apprise

_TIMEOUT_S = 30.0


class MessageError(GatewayError):
    """A word did not get through. The text never holds the URL, which has a password in it."""


class Messenger(Protocol):
    async def send(self, url: str, title: str, body: str) -> None:
        """Return when the service has taken it; MessageError if not."""


class AppriseMessenger:
    """What goes wrong is told by us: apprise's own words are too free with the URL."""

    def __init__(self) -> None:
        logging.getLogger("apprise").setLevel(logging.CRITICAL)

    async def send(self, url: str, title: str, body: str) -> None:
        target = _target(url)
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                is_taken = await target.async_notify(title=title, body=body)
        except TimeoutError:
            raise MessageError(f"the service did not answer within {_TIMEOUT_S:.0f} s") from None
        if not is_taken:
            raise MessageError("the service refused it or cannot be reached; check the notification's URL")


def check(url: str) -> None:
    """MessageError unless apprise knows what to do with it."""
    _target(url)


def _target(url: str) -> "apprise.Apprise":
    import apprise  # half a second that commands without notifications do without

    target = apprise.Apprise(asset=apprise.AppriseAsset(app_id="messfunk", plugin_paths=[]))
    if not target.add(url):
        raise MessageError("apprise does not understand this URL; its services are listed at appriseit.com")
    return target
