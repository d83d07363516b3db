"""What was decided of frames that are not stored: remembered at once, written down every few seconds.

A forged frame changes nothing at once, and a flood costs one short transaction in five seconds.
"""

from typing import Any

from gateway.model import Clock, GatewayError, Reception
from gateway.network.uplink import Whose
from gateway.refusals import Refusals
from gateway.store.ledger import Store

_EVERY_MS = 5000
_MOST = 50  # of one go: what else came is counted only
_KEPT = 5000
_ADD = """
    INSERT INTO noted (at, cause, dev_eui, dev_addr, uplink_id, fcnt, fcnt_up, candidates, gateway_id,
                       rssi_dbm, snr_db, frequency_hz, data_rate)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_TRIM = "DELETE FROM noted WHERE id <= (SELECT max(id) FROM noted) - ?"


class Notes:
    def __init__(self, store: Store, clock: Clock, refusals: Refusals):
        self._store = store
        self._clock = clock
        self._refusals = refusals
        self._rows: list[tuple[Any, ...]] = []

    def note(self, heard: Reception, cause: str, whose: Whose) -> None:
        if not self._rows:
            self._clock.call_at(self._clock.now_ms() + _EVERY_MS, self._flush)
        if len(self._rows) < _MOST:
            radio = (heard.gateway_id, heard.rssi_dbm, heard.snr_db, heard.frequency_hz, heard.data_rate)
            self._rows.append((heard.received_at, cause, *whose, *radio))

    async def _flush(self) -> None:
        self.flush()

    def flush(self) -> None:
        """All that is remembered, on disk."""
        rows, self._rows = self._rows, []
        try:
            with self._store.transaction():
                self._store.connection.executemany(_ADD, rows)
                self._store.connection.execute(_TRIM, (_KEPT,))
        except GatewayError as error:
            self._refusals.refuse("store", str(error))
