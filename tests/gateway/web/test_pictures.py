"""Pictures by address: the text is really there to be seen, whoever embeds them may."""

import re
import struct
import zlib
from html import unescape
from xml.etree import ElementTree

import httpx
import pytest

from gateway.web.pages.pictures import paint
from tests.gateway.web.conftest import CREEK, SQUARE

PATH = f"/sites/{CREEK}/level"


async def test_the_svg_tells_place_value_and_source_in_the_language_asked(client: httpx.AsyncClient) -> None:
    for language, words in (("de", "Wasserstand 122"), ("en", "Water level 122")):
        answer = await client.get(f"{PATH}.svg?start=P2D&lang={language}")
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        root = ElementTree.fromstring(answer.text)
        told = " ".join(each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text"))
        assert "Aue" in told and words in told


async def test_the_text_of_the_png_can_be_seen(client: httpx.AsyncClient) -> None:
    """The same picture without its texts has other pixels where the texts stand."""
    drawing = (await client.get(f"{PATH}.svg?start=P2D")).text
    answer = await client.get(f"{PATH}.png?start=P2D")
    assert answer.headers["Content-Type"] == "image/png" and answer.content == paint(drawing)
    width, with_text = pixels(answer.content)
    root = ElementTree.fromstring(drawing)
    for each in root.iter("{http://www.w3.org/2000/svg}text"):
        each.text = ""
    _, without = pixels(paint(ElementTree.tostring(root, encoding="unicode")))
    title = [at for at in range(len(without)) if with_text[at] != without[at] and at // (width * 4) < 80]
    assert len(title) > 500  # "Aue" in 34 px


def pixels(png: bytes) -> tuple[int, bytes]:
    """Width and RGBA bytes of a PNG as resvg writes it: 8 bits, not interlaced."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    data, at = b"", 8
    width = height = 0
    while at < len(png):
        size, kind = struct.unpack_from(">I4s", png, at)
        content = png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack_from(">IIBB", content)
            assert (depth, colour) == (8, 6)
        data += content if kind == b"IDAT" else b""
        at += size + 12
    return width, _unfiltered(zlib.decompress(data), width * 4, height)


def _unfiltered(data: bytes, stride: int, height: int) -> bytes:
    out = bytearray()
    above = bytes(stride)
    for row in range(min(height, 90)):  # the title stands in the first 90 rows
        kind, *line = data[row * (stride + 1) : (row + 1) * (stride + 1)]
        for at in range(stride):
            left, up = (line[at - 4] if at >= 4 else 0), above[at]
            corner = above[at - 4] if at >= 4 else 0
            line[at] = (line[at] + (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]) & 0xFF
        above = bytes(line)
        out += above
    return bytes(out)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))


async def test_a_phone_gets_a_narrower_picture_with_letters_as_large(client: httpx.AsyncClient) -> None:
    embedded = (await client.get(f"/embed/{CREEK}/level")).text
    narrow = re.search(r'media="\(max-width: 560px\)" srcset="([^"]+)"', embedded)
    assert narrow
    root = ElementTree.fromstring((await client.get(unescape(narrow[1]))).text)
    assert (root.get("viewBox"), root.get("font-size")) == ("0 0 440 320", "13")
    ends = [float(each.get("x", 0)) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert max(ends) <= 440


async def test_a_frame_may_hold_the_embedded_page_and_no_script_is_in_it(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/embed/{CREEK}/level?start=P2D&theme=dark")
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text and f"{PATH}.svg?start=P2D&amp;theme=dark" in answer.text
    other = await client.get("/")
    assert "frame-ancestors 'none'" in other.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"/sites/{CREEK}/laeq.svg", 404),
        ("/sites/nowhere/level.svg", 404),
        (f"{PATH}.svg?start=P0D", 422),
        (f"{PATH}.svg?start=yesterday", 422),
        (f"{PATH}.svg?start=P9999Y", 422),
        (f"{PATH}.svg?start=2026-11-22T12:00:00Z&end=2026-11-21T12:00:00Z", 422),
        (f"{PATH}.svg?width=100", 422),
        (f"{PATH}.svg?height=9999", 422),
        (f"{PATH}.svg?start=2026-11-21T00:00:00%2B01:00&end=2026-11-22T12:00:00Z", 200),
        (f"/sites/{SQUARE}/temperature.png", 200),
    ],
)
async def test_what_is_asked_for_is_checked(client: httpx.AsyncClient, address: str, status: int) -> None:
    assert (await client.get(address)).status_code == status


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"{PATH}.svg?start=yesterday", "nicht zu verstehen"),
        (f"{PATH}.svg?theme=purple", "nicht zu verstehen"),
        (f"{PATH}.svg?start=P2D&lang=en&end=x", "cannot be understood"),
        ("/sites/nowhere/level.svg", "unbekannt oder nicht veröffentlicht"),
        (f"/embed/{CREEK}/laeq?lang=en", "unknown or not published"),
        ("/sites/<b>\u202eno/level.svg", "unbekannt"),
    ],
)
async def test_a_refusal_is_a_picture_that_says_why(
    client: httpx.AsyncClient, address: str, said: str
) -> None:
    answer = await client.get(address, headers={"Accept": "image/avif,image/*"})
    assert answer.status_code in (404, 422) and answer.headers["Content-Type"] == "image/svg+xml"
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    root = ElementTree.fromstring(answer.text)
    assert (root.get("width"), root.get("height")) == ("720", "360")
    told = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any(said in each for each in told) and all(len(each) <= 95 for each in told)
    assert "\u202e" not in answer.text and "<b>" not in answer.text


async def test_a_refused_png_can_be_read(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{PATH}.png?start=P0D")
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "image/png")
    width, seen = pixels(answer.content)
    assert width == 1440 and len(set(seen)) > 20  # letters, with their soft edges


async def test_the_headline_tells_the_rate_of_rise(client: httpx.AsyncClient) -> None:
    assert "steigt 6\u202fcm/h" in (await client.get(f"{PATH}.svg")).text
    assert "steigt 6&#8239;cm/h" in " ".join((await client.get(f"/sites/{CREEK}")).text.split())
