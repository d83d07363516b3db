"""Channels as a network sees them: which a node has, what tells it of more, which masks switch them."""

from collections.abc import Iterable

from codec.lorawan.regions import Region
from gateway.network.link import Channel

_IN_CF_LIST = 5
_OCTETS = 8


def added(region: Region, channels_hz: Iterable[int]) -> tuple[Channel, ...]:
    """The network's further channels of a dynamic plan, numbered after the region's own."""
    first, (_, _, _, lowest, highest) = grid_size(region), region.grid[0]
    return tuple(Channel(first + place, hz, lowest, highest) for place, hz in enumerate(channels_hz))


def grid_size(region: Region) -> int:
    return sum(row[0] for row in region.grid)


def wanted_mask(region: Region, channels: Iterable[Channel], sub_band: int) -> int:
    """All channels of a node, in a fixed plan those of one group of 8 and its wide one; 0: of all groups."""
    mask = (1 << grid_size(region)) - 1
    if region.is_fixed and sub_band:
        return 0xFF << (sub_band - 1) * _OCTETS | 1 << 64 + sub_band - 1
    return mask | sum(1 << channel.number for channel in channels)


def cf_list(region: Region, channels: tuple[Channel, ...], sub_band: int) -> bytes:
    """The end of a join-accept (RP002-1.0.4 2.4.4, 2.5.4): the first five channels, or the mask."""
    if region.is_fixed:
        mask = wanted_mask(region, (), sub_band)
        return mask.to_bytes(15, "little") + b"\x01" if sub_band else b""
    if not channels:
        return b""
    listed = [channel.hz // 100 for channel in channels[:_IN_CF_LIST]]
    listed += [0] * (_IN_CF_LIST - len(listed))
    return b"".join(each.to_bytes(3, "little") for each in listed) + b"\x00"


def told_at_join(region: Region, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    return () if region.is_fixed else channels[:_IN_CF_LIST]


def mask_commands(region: Region, mask: int) -> list[tuple[int, int]]:
    """(ChMaskCntl, ChMask) of the LinkADRReqs that leave just `mask` on (RP002-1.0.4 2.4.5, 2.5.5)."""
    if not region.is_fixed:
        return [(0, mask & 0xFFFF)]
    wide = mask >> 64
    if mask == wanted_mask(region, (), 0):
        return [(6, wide)]
    narrow = [(control, mask >> 16 * control & 0xFFFF) for control in range(4)]
    return [(7, wide), *((control, bits) for control, bits in narrow if bits)]


def rx1_hz(region: Region, uplink_hz: int) -> int:
    """Where the first window of an uplink is; ValueError when the plan has no such channel."""
    if region.rx1_grid is None:
        return uplink_hz
    first_hz, step_hz, count = region.rx1_grid
    rx1: int = first_hz + step_hz * (_number(region, uplink_hz) % count)
    return rx1


def _number(region: Region, uplink_hz: int) -> int:
    before: int = 0
    for count, first_hz, step_hz, _, _ in region.grid:
        place, rest = divmod(uplink_hz - first_hz, step_hz or 1)
        if rest == 0 and 0 <= place < count:
            return before + int(place)
        before += count
    raise ValueError(f"{uplink_hz} Hz is not a channel of {region.name}")
