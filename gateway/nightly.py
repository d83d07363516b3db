"""What is done each night: old rows go, a backup is made where the configuration wants one."""

import asyncio
import logging
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from gateway.model import Clock, GatewayError
from gateway.section import Section
from gateway.store import backup, retention
from gateway.store.ledger import Store
from gateway.store.retention import RetentionConfig

_log = logging.getLogger(__name__)
_DAY_MS = 86_400_000
_AT_MS = 2 * 3_600_000 + 17 * 60_000  # UTC, when others do not


class BackupConfig(Section):
    folder: Path | None = Field(
        default=None, strict=False, description="a path: a folder that gets a copy of the ledger each night"
    )
    keep: int = Field(default=14, ge=1, le=10_000, description="an integer from 1: how many of them stay")

    @field_validator("folder")
    @classmethod
    def _beside(cls, folder: Path | None, info: ValidationInfo) -> Path | None:
        return folder and ((info.context or {}).get("folder") or Path()) / folder


class Nightly:
    """Runs from `start` on; `error` says why the last backup failed."""

    def __init__(self, config: BackupConfig, retention: RetentionConfig, store: Store, clock: Clock):
        self.error: str | None = None
        self._config = config
        self._retention = retention
        self._store = store
        self._clock = clock

    def start(self) -> None:
        now = self._clock.now_ms()
        self._clock.call_at(now + (_AT_MS - now) % _DAY_MS, self._night)

    def backup_age_ms(self) -> int | None:
        """Of the newest backup; None when none is wanted or made."""
        folder = self._config.folder
        return backup.age_ms(folder, self._clock.now_ms()) if folder else None

    async def _night(self) -> None:
        try:
            await self._trim()
            if self._config.folder:
                await self._copy(self._config.folder)
            self.error = None
        except GatewayError as error:
            self.error = str(error)
            _log.error("%s", error)
        self._clock.call_at(self._clock.now_ms() + _DAY_MS, self._night)

    async def _trim(self) -> None:
        while True:
            with self._store.transaction():
                gone = retention.trim(self._store.connection, self._clock.now_ms(), self._retention)
            if not gone:
                return
            await asyncio.sleep(0)  # frames come first

    async def _copy(self, folder: Path) -> None:
        """In a thread with a connection of its own: the copy of a large ledger takes minutes."""
        made = await asyncio.to_thread(backup.create, self._store.where, folder, self._clock.now_ms())
        backup.prune(folder, self._config.keep)
        _log.info("backup %s", made)
