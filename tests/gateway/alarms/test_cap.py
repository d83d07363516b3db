"""CAP files against the schema of OASIS and what it cannot say; names with markup and control characters."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.alarms import cap
from gateway.alarms.cap import Alert, Area, Info

SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("CAP-v1.2.xsd"))
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
NOON = 1_795_348_800_000  # 2026-11-22 12:00 UTC
ALERT = Alert(
    identifier="messfunk.20261122T130000.7.raised",
    sender="messfunk@district.example",
    sent_at=NOON,
    status="Test",
    restriction="control centre",
    category="Met",
    expires_at=NOON + 3_600_000,
    infos=(
        Info("de", "Pegel Aue: Meldestufe I", "Pegel Aue: Meldestufe I erreicht", "Wasserstand 187 cm"),
        Info("en", "Aue: stage I", "Aue: stage I reached", "water level 187 cm"),
    ),
    area=Area("Aue", (50.55, 9.71)),
    parameters=(("level", "1870"),),
)
ENDED = replace(ALERT, identifier="messfunk.7.cleared", ended=(ALERT.identifier, NOON - 60_000))


def read(alert: Alert) -> ET.Element:
    document = cap.to_xml(alert)
    SCHEMA.validate(document.decode())
    return ET.fromstring(document)


def text(root: ET.Element, name: str) -> str:
    return root.findtext(f".//{CAP}{name}") or ""


@pytest.mark.parametrize("status", ["Test", "Actual", "Exercise"])
def test_the_schema_of_oasis_accepts_it(status: cap.Status) -> None:
    root = read(replace(ALERT, status=status))
    assert [text(root, each) for each in ("status", "msgType", "scope")] == [status, "Alert", "Restricted"]
    assert text(root, "restriction") == "control centre", "Restricted needs it; the schema cannot say so"
    assert [each.text for each in root.iter(f"{CAP}language")] == ["de-DE", "en-GB"]
    assert text(root, "circle") == "50.55000,9.71000 0.1", "latitude first"


def test_times_have_an_offset_and_no_fractions_summer_and_winter() -> None:
    summer = replace(ALERT, sent_at=NOON - 150 * 86_400_000 + 123)
    for alert, offset in ((ALERT, "+01:00"), (summer, "+02:00")):
        sent = text(read(alert), "sent")
        assert sent.endswith(offset)
        assert datetime.fromisoformat(sent).timestamp() == alert.sent_at // 1000


def test_the_end_refers_to_the_beginning() -> None:
    root = read(ENDED)
    assert text(root, "msgType") == "Update"
    assert text(root, "references") == f"{ALERT.sender},{ALERT.identifier},2026-11-22T12:59:00+01:00"
    assert text(root, "responseType") == "AllClear"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("+01:00</", "Z</"),
        ("T13:00:00+", "T13:00:00.123+"),
        (">Test</", ">Practice</"),
        (">Met</", ">Flood</"),
    ],
)
def test_the_schema_would_refuse_what_we_avoid(right: str, wrong: str) -> None:
    good = cap.to_xml(ALERT).decode()
    assert right in good
    assert not SCHEMA.is_valid(good.replace(right, wrong, 1))


NAMES = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    ["<script>alert(1)</script>", "&amp;]]>", "\u202eevil\u2066", "\x00\x0b\ufffe", "a,b c"]
)


@settings(max_examples=25)
@given(NAMES, NAMES, NAMES)
def test_any_name_stays_a_name(name: str, headline: str, sender: str) -> None:
    info = Info("de", name, headline, headline)
    alert = replace(ALERT, sender=sender, infos=(info,), area=Area(name, None), ended=("x", 0))
    root = read(alert)
    assert not set(text(root, "sender")) & set(" ,<&\n\t")
    assert text(root, "references").count(",") == 2
    assert len(list(root.iter())) == 25
