"""Tells people and writes CAP files: what is owed is sent at least once, each target at its own pace."""

import asyncio
import logging
import os
from pathlib import Path

from gateway.alarms import cap, notices, notifications, records, wording
from gateway.alarms.messenger import Messenger
from gateway.alarms.notices import CAP, Notice
from gateway.alarms.section import AlarmsConfig
from gateway.model import Clock, GatewayError
from gateway.store.ledger import Store

_log = logging.getLogger(__name__)
_IDLE_S = 1.0  # an escalation becomes due without anything happening


class Telling:
    """Runs between `start` and `stop`; `wake` it when something may be owed."""

    def __init__(
        self,
        config: AlarmsConfig,
        store: Store,
        clock: Clock,
        messenger: Messenger,
    ):
        self._config = config
        self._store = store
        self._clock = clock
        self._messenger = messenger
        self._news = asyncio.Event()
        self._busy: dict[str, asyncio.Task[None]] = {}

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        tasks = [self._task, *self._busy.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        self._news.set()

    async def _run(self) -> None:
        while True:
            self._news.clear()
            try:
                if self._store.holds("alarms"):
                    self._begin(notices.due(self._store.connection, self._clock.now_ms()))
            except GatewayError as error:
                _log.warning("notices cannot be read: %s", error)
            try:
                async with asyncio.timeout(_IDLE_S):
                    await self._news.wait()
            except TimeoutError:
                pass

    def _begin(self, due: list[Notice]) -> None:
        """One after the other for each target, all targets beside each other."""
        by_target: dict[str, list[Notice]] = {}
        for notice in due:
            by_target.setdefault(notice.target, []).append(notice)
        for target, owed in by_target.items():
            if target not in self._busy:
                task = asyncio.create_task(self._serve(owed))
                self._busy[target] = task
                task.add_done_callback(self._end)

    def _end(self, ended: asyncio.Task[None]) -> None:
        self._busy = {target: task for target, task in self._busy.items() if task is not ended}
        self._news.set()

    async def _serve(self, owed: list[Notice]) -> None:
        for notice in owed:
            try:
                await self._tell(notice)
            except (GatewayError, OSError) as error:
                self._note(notice, str(error))
                return
            except Exception:  # a fault of ours must not silence the alarms for good
                _log.exception("notice %d to %s", notice.id, notice.target)
                self._note(notice, "our own fault, see the log: report it")
                return
            with self._store.transaction():
                notices.sent(self._store.connection, notice, self._clock.now_ms())

    async def _tell(self, notice: Notice) -> None:
        alarm = records.find(self._store.connection, notice.alarm_id)
        if notice.target == CAP:
            if self._config.cap_folder:
                alert = wording.to_cap(self._config, alarm, notice.step)
                write(self._config.cap_folder, alert)
            return
        told = notifications.find(self._store.connection, notice.target)
        title = wording.title(told.language, alarm, notice.step, told.after_s > 0)
        body = wording.body(told.language, alarm, notice.step)
        await self._messenger.send(notifications.url_of(self._store, told), title, body)

    def _note(self, notice: Notice, reason: str) -> None:
        _log.warning("alarm %d: %s is not told yet: %s", notice.alarm_id, notice.target, reason)
        try:
            with self._store.transaction():
                notices.failed(self._store.connection, notice, reason, self._clock.now_ms())
        except GatewayError as error:
            _log.warning("notice %d: %s", notice.id, error)


def write(folder: Path, alert: cap.Alert) -> None:
    """Whole or not at all; whoever watches the folder sees no half file."""
    beside = folder / f".{alert.identifier}.part"
    with beside.open("wb") as file:
        file.write(cap.to_xml(alert))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / f"{alert.identifier}.xml")
