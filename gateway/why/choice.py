"""Which gateways could have answered a frame, and what airtime they had left: reckoned as it was then."""

from collections.abc import Iterator, Sequence
from typing import Any

from codec.lorawan import regions
from codec.lorawan.regions import Region
from gateway.model import Reception
from gateway.network import downlink, transmissions
from gateway.network.downlink import Listening
from gateway.network.gateways import AMPLE_DB, Gateways, margin_db
from gateway.store.database import Connection, Row
from gateway.why.steps import Step, step

_RX2 = 2


def made(
    db: Connection, region: Region, listening: Listening, heard: Sequence[Row], sent: dict[str, Any] | None
) -> Iterator[Step]:
    """Of the first attempt, `sent`, or of none; nothing where one gateway could answer and did in RX1."""
    decided_ms = sent["at"] - sent["lead_ms"] if sent else heard[-1]["received_at"]
    asked = [_reception(each) for each in heard if each["received_at"] <= decided_ms]
    if len(asked) > 1:
        yield step("why.choice", count=len(asked), ample=AMPLE_DB)
    elif sent and sent["opening"] != _RX2:
        return
    known = Gateways(region)
    transmissions.restore(db, region, known, decided_ms, told_before=decided_ms)
    options = [
        _option(region, known, listening, each, sent["size"] if sent else downlink.Content().size)
        for each in sorted(asked, key=margin_db, reverse=True)
    ]
    yield from options
    if sent and sent["opening"] == _RX2 and not any(each.key == "why.optionFull" for each in options):
        yield step("why.second")


def _option(region: Region, known: Gateways, listening: Listening, heard: Reception, size: int) -> Step:
    """In its first window."""
    window = downlink.windows(region, heard, listening)[0]
    start_ms = heard.received_at + window.delay_ms
    band = regions.sub_band_index(region, window.frequency_hz)
    low_hz, high_hz, *_ = region.sub_bands[band]
    airtime = known.gateway(heard.gateway_id).airtime
    on_air_us = downlink.on_air_us(region, window, size)
    is_full = airtime.free_us(band, start_ms) < on_air_us
    return step(
        "why.optionFull" if is_full else "why.option",
        gateway=heard.gateway_id,
        margin=None if heard.snr_db is None else round(margin_db(heard), 1),
        band=f"{low_hz / 1e6:g}-{high_hz / 1e6:g}",
        share=round(100 * airtime.spent(start_ms).get(band, 0), 1),
        ms=round(on_air_us / 1000),
    )


def _reception(row: Row) -> Reception:
    names = ("gateway_id", "received_at", "frequency_hz", "data_rate", "rssi_dbm", "snr_db", "tmst")
    return Reception(phy=b"", **{name: row[name] for name in names})
