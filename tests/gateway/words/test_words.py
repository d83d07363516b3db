"""The catalogues: complete, the same in both languages, and nothing in them that nobody says."""

import re
from pathlib import Path

import pytest

from codec.quantities import UNITS
from codec.registry import FAULTS
from gateway import words
from gateway.alarms import limits
from gateway.alarms.records import KINDS
from gateway.counters import CAUSES, Counters
from gateway.model import Site
from gateway.web import shapes
from gateway.web.pages.sites import RANGES

ROOT = Path(__file__).parent.parent.parent.parent
SPEAKERS = [
    path
    for room in ("gateway", "simulator", "boards/workbench")
    for pattern in ("*.py", "*.html", "*.js")
    for path in sorted((ROOT / room).rglob(pattern))
    if "vendor" not in path.parts
]
KEY = re.compile(r"""["'`]([a-z]\w*(?:\.\w+)+)["'`]""")
CALL = re.compile(r"""\b(?:say|said|t|worded)\((?:[\w.]+, )?["'`]([a-z]\w*(?:\.\w+)+)["'`]""")

_PROBLEMS = (403, 404, 409, 422, 429, 500, 503)

# Keys that are put together at run time: what stands before the variable part, and all that may follow.
FAMILIES: dict[str, set[str]] = {
    "quantity.": set(UNITS) - {"age_s", "number"},  # never stored as readings
    "fault.": set(FAULTS.split()),
    "alarm.title.": {*KINDS, "drill"},
    "flag.": {"1", "2", "3", "4", "9"},
    "picture.": {f"{why}.next" for why in ("unknown", "unclear", "later")},
    "trend.": {"rising", "falling", "steady"},
    "standing.": {"silent", "faulty", "rejected", "ahead", "unreadable", "unheard"},
    "range.": set(RANGES),
    "problem.": {f"{status}{end}" for status in (*_PROBLEMS, "other") for end in ("", ".next")},
    "counter.": set(Counters.__slots__) - {"refused"},
    "cause.": set(CAUSES),
    "anatomy.kind.": {str(kind) for kind in range(8)},
    "kind.": set(KINDS),
    "index.": {"1", "2", "3", "4", "5"},
    "limit.": {row.key for row in limits.DAYS},
    "source.": {row.key for row in (*limits.INDEX, *limits.DAYS)} | {"ta_laerm"},
    "area.": {row.key for row in limits.NOISE},
    "downlink.": {"queued", "pending", "sent", "delivered", "answered", "failed", "expired", "cancelled"},
    "why.noted.": {"mic", "mic_join", "replay", "dev_nonce", "repetition"},
    "cli.import.": {"new", "back", "changed"},
    "cli.site.": set(Site.__dataclass_fields__) - {"blur_m"},
    "device.": set(shapes.Device.model_fields) - {"last"}
    | {"join_eui", "site", "lat", "lon", "mount_mm", "created_at"},
    "doctor.qos0.": {"chirpstack", "chirpstack_v3", "tts"},
    "weekday.": {str(day) for day in range(7)},
    "month.": {str(month) for month in range(1, 13)},
}


def said() -> set[str]:
    """Every key that stands in a source, and those of the families."""
    texts = [path.read_text(encoding="utf-8") for path in SPEAKERS]
    literal = {key for text in texts for key in KEY.findall(text)}
    built = {prefix + end for prefix, ends in FAMILIES.items() for end in ends}
    return (literal | built) & {key.removesuffix(".one") for key in words.catalogue("de")} | {
        key for text in texts for key in CALL.findall(text)
    }


def test_no_key_is_missing_and_none_is_unused() -> None:
    known = set(words.catalogue("de"))
    of_one = {key for key in known if key.endswith(".one")}
    assert said() == known - of_one
    assert {key.removesuffix(".one") for key in of_one} <= known


def test_each_family_is_complete() -> None:
    known = set(words.catalogue("de"))
    assert {prefix + end for prefix, ends in FAMILIES.items() for end in ends} <= known


def test_both_languages_have_the_same_keys_and_fill_in_the_same_values() -> None:
    german, english = words.catalogue("de"), words.catalogue("en")
    assert list(german) == list(english)
    for key, text in german.items():
        assert text.strip() and english[key].strip(), key
        fields = [set(re.findall(r"\{(\w+)\}", each)) for each in (text, english[key])]
        assert fields[0] == fields[1] or key.startswith("time."), key


def test_a_word_that_was_given_up_does_not_come_back() -> None:
    """gateway/words/README.md says what is said instead."""
    given_up = re.compile(
        r"Knoten|\bFrames?\b|Uplink|Probealarm|(?<!vor )\bOrt\b|registriert|nicht öffentlich|Zugang"
    )
    assert not {key: text for key, text in words.catalogue("de").items() if given_up.search(text)}


@pytest.mark.parametrize(
    ("value", "decimals", "german", "english"),
    [
        (1.5, None, "1,5", "1.5"),
        (1234, None, "1234", "1234"),
        (-0.04, 1, "0,0", "0.0"),
        (-2.345, 1, f"{words.MINUS}2,3", f"{words.MINUS}2.3"),
        (1e9, 0, "1000000000", "1000000000"),
    ],
)
def test_numbers(value: float, decimals: int | None, german: str, english: str) -> None:
    assert words.number("de", value, decimals) == german
    assert words.number("en", value, decimals) == english


def test_a_text_is_filled_and_one_is_told_apart_from_many() -> None:
    assert words.say("de", "age.days", count=1) == "vor 1 Tag"
    assert words.say("de", "age.days", count=3) == "vor 3 Tagen"
    assert words.say("en", "alarm.since", moment="{x} <b>") == "since {x} <b>"
    with pytest.raises(KeyError):
        words.say("de", "no.such")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr;q=1, de;q=0.2, en;q=0.4", "en"),
        ("en;q=0, de", "de"),
        ("fr", "de"),
        (";;q=x,en", "en"),
    ],
)
def test_the_browsers_first_language_of_ours_is_taken(header: str, language: str) -> None:
    assert words.accepted(header) == language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "fr_FR", "LC_MESSAGES": "de_AT"}, "de"),
        ({"LC_ALL": "", "LANG": "de"}, "de"),
    ],
)
def test_a_command_line_speaks_as_its_locale_says(environment: dict[str, str], language: str) -> None:
    assert words.of_environment(environment) == language
