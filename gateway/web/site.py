"""What the routes are handed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from gateway.access.buckets import Buckets
from gateway.commands import Writer
from gateway.config import HttpConfig
from gateway.counters import Counters
from gateway.model import Clock
from gateway.network import wishes
from gateway.network.config import NetworkConfig
from gateway.network.mac import Wishes
from gateway.sources.presence import Presence
from gateway.store.database import Where
from gateway.web.events import EventStreams
from gateway.web.losses import LossTold
from gateway.web.news import News
from gateway.web.section import PageConfig


@dataclass(frozen=True, slots=True)
class Site:
    """Without a `writer` nothing can be changed."""

    store: Where
    clock: Clock
    counters: Counters
    config: HttpConfig
    streams: EventStreams
    news: News
    started_at: int
    failures: Buckets
    writer: Writer | None = None
    page: PageConfig = field(default_factory=PageConfig)
    health: Callable[[], dict[str, Any]] | None = None
    presence: Presence | None = None
    figures: Callable[[], dict[str, Any]] | None = None
    loss: LossTold = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "loss", LossTold(self.store))

    network: Wishes = field(default_factory=lambda: wishes.of(NetworkConfig()))


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


AtSite = Annotated[Site, Depends(_site)]
