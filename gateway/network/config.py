"""The table [network] of the configuration: plan, windows, channels, ADR."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from codec.lorawan import regions
from codec.lorawan.regions import Region
from gateway.section import Section


def _carries(region: Region, wanted: tuple[int, ...]) -> bool:
    return not wanted or (not region.is_fixed and all(regions.allows(region, hz) for hz in wanted))


_PLANS: dict[str, Callable[[Region, Any], bool]] = {
    "channels_hz": _carries,
    "rx2_hz": regions.allows,
    "rx2_data_rate": regions.has_data_rate,
    "rx1_dr_offset": lambda region, offset: offset <= region.max_rx1_dr_offset,
}


class NetworkConfig(Section):
    region: Literal[
        "EU868", "EU433", "IN865", "KR920", "AS923-1", "AS923-2", "AS923-3", "AS923-4", "US915", "AU915"
    ] = Field(
        default="EU868",
        description='"EU868", "EU433", "IN865", "KR920", "AS923-1" to "AS923-4", "US915" or "AU915": '
        "the frequency plan",
    )
    net_id: str = Field(
        default="000000",
        pattern="^[0-9a-fA-F]{6}$",
        description="a NetID of 6 hexadecimal digits; 000000 is a private network",
    )
    dedup_ms: int = Field(
        default=200,
        ge=0,
        le=600,  # RX1 opens after 1000 ms; the way to the gateway and the queue in it need the rest
        description="an integer from 0 to 600: how long copies of a frame from further gateways are awaited",
    )
    rx1_delay_s: int = Field(
        default=0,
        ge=0,
        le=15,
        description="an integer from 1 to 15: delay of the nodes' first receive window; "
        "0 takes 1 s, and 5 s where the way to the gateways is longer",
    )
    rx1_dr_offset: int = Field(
        default=0, ge=0, le=7, description="an integer from 0 to 7: by so much RX1 is slower than the uplink"
    )
    rx2_hz: int | None = Field(
        default=None,
        ge=400_000_000,
        le=930_000_000,
        description="a frequency in Hz: RX2 instead of the plan's",
    )
    rx2_data_rate: int | None = Field(
        default=None,
        ge=0,
        le=15,
        description="an integer from 0 to 15: RX2's data rate instead of the plan's",
    )
    channels_hz: tuple[int, ...] = Field(
        default=(),
        strict=False,
        max_length=13,
        description="a list of frequencies in Hz: channels beyond those of the plan, told to every node",
    )
    sub_band: int = Field(
        default=0,
        ge=0,
        le=8,
        description="an integer from 1 to 8: the group of 8 channels in use in US915 and AU915; 0 is all",
    )
    adr: bool = Field(default=True, description="true or false: set data rate and power of the nodes")
    adr_margin_db: float = Field(
        default=10.0,
        ge=0,
        le=30,
        description="a number from 0 to 30: dB above the least SNR that ADR leaves a node",
    )
    status_every_h: int = Field(
        default=24,
        ge=0,
        le=8760,
        description="an integer from 0 to 8760: hours between questions for battery and margin; 0 is never",
    )

    @field_validator("channels_hz", "rx2_hz", "rx2_data_rate", "rx1_dr_offset")
    @classmethod
    def _in_the_plan(
        cls, value: tuple[int, ...] | int | None, info: ValidationInfo
    ) -> tuple[int, ...] | int | None:
        region = regions.REGIONS[info.data.get("region", "EU868")]
        if value is not None and not _PLANS[info.field_name or ""](region, value):
            raise ValueError(f"{value} is not possible in {region.name}")
        return value
