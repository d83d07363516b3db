"""A PMTiles file, version 3, of vector tiles: earth, a water in the west, a road. Nothing is compressed."""

import json
import math
import struct
from collections.abc import Iterable
from pathlib import Path

_EXTENT = 4096
_POINT, _LINE, _AREA = 1, 2, 3
_MOVE, _DRAW, _CLOSE = 1, 2, 7
Lines = list[list[tuple[float, float]]]  # degrees, east before north


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def _mercator(lon: float, lat: float) -> tuple[float, float]:
    return (lon + 180) / 360, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2


def _geometry(kind: int, lines: Lines, z: int, x: int, y: int) -> bytes:
    """Commands with zigzag steps, as the vector tile specification 2.1 has them in 4.3."""
    out, at = b"", (0, 0)
    for line in lines:
        flat = [_mercator(*point) for point in line]
        corners = [(round((u * 2**z - x) * _EXTENT), round((v * 2**z - y) * _EXTENT)) for u, v in flat]
        for number, corner in enumerate(corners):
            if number < 2:
                command, count = (_MOVE, 1) if number == 0 else (_DRAW, len(corners) - 1)
                out += varint(command | count << 3)
            for step in (corner[0] - at[0], corner[1] - at[1]):
                out += varint(step << 1 ^ step >> 31)
            at = corner
        out += varint(_CLOSE | 1 << 3) if kind == _AREA else b""
    return out


def _layer(name: str, kind: int, value: str, lines: Lines, tile: tuple[int, int, int]) -> bytes:
    feature = _field(2, b"\0\0") + _field(3, kind) + _field(4, _geometry(kind, lines, *tile))
    body = _field(15, 2) + _field(1, name.encode()) + _field(2, feature) + _field(3, b"kind")
    return _field(3, body + _field(4, _field(1, value.encode())) + _field(5, _EXTENT))


def _number(z: int, x: int, y: int) -> int:
    """The tile's place on the Hilbert curve, after all tiles of lower zooms."""
    place = (4**z - 1) // 3
    for bit in reversed(range(z)):
        half = 1 << bit
        right, below = int(bool(x & half)), int(bool(y & half))
        place += half * half * (3 * right ^ below)
        if not below:
            if right:
                x, y = half - 1 - x & half - 1, half - 1 - y & half - 1
            x, y = y, x
    return place


def write(path: Path, zooms: Iterable[int], box: tuple[float, float, float, float]) -> None:
    """All tiles of the zooms that the box (west, south, east, north) touches."""
    west, south, east, north = box
    ring = [(west, north), (east, north), (east, south), (west, south)]
    middle, road = (west + east) / 2, (south + north) / 2
    water = [(west, north), (middle, north), (middle, south), (west, south)]
    tiles = {}
    for z in zooms:
        (left, top), (right, bottom) = (_mercator(lon, lat) for lon, lat in ((west, north), (east, south)))
        for x in range(int(left * 2**z), int(right * 2**z) + 1):
            for y in range(int(top * 2**z), int(bottom * 2**z) + 1):
                tiles[_number(z, x, y)] = (
                    _layer("earth", _AREA, "earth", [ring], (z, x, y))
                    + _layer("water", _AREA, "lake", [water], (z, x, y))
                    + _layer("roads", _LINE, "highway", [[(west, road), (east, road)]], (z, x, y))
                )
    path.write_bytes(_archive(dict(sorted(tiles.items())), min(zooms), max(zooms), box))


def _archive(tiles: dict[int, bytes], least: int, most: int, box: tuple[float, ...]) -> bytes:
    numbers, sizes = list(tiles), [len(each) for each in tiles.values()]
    directory = varint(len(tiles))
    directory += b"".join(varint(b - a) for a, b in zip([0, *numbers], numbers, strict=False))
    directory += varint(1) * len(tiles) + b"".join(map(varint, sizes))
    directory += varint(1) + varint(0) * (len(tiles) - 1)  # one after the other
    told = json.dumps({"vector_layers": [{"id": name, "fields": {}} for name in ("earth", "water", "roads")]})
    parts = [directory, told.encode(), b"", b"".join(tiles.values())]
    places, offset = [], 127
    for part in parts:
        places += [offset, len(part)]
        offset += len(part)
    corners = [round(each * 1e7) for each in box]
    head = b"PMTiles\x03" + struct.pack("<8Q", *places) + struct.pack("<3Q", *[len(tiles)] * 3)
    head += struct.pack("<6B4iB2i", 1, 1, 1, 1, least, most, *corners, least, *corners[:2])
    return head + b"".join(parts)
