"""What the gateway says to people: texts and numbers in German and English, from a catalogue each."""

import json
from collections.abc import Mapping, Sequence
from functools import cache, reduce
from pathlib import Path
from typing import Any

LANGUAGES = ("de", "en")
MINUS = "\N{MINUS SIGN}"
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
_DECIMAL_SIGN = {"de": ",", "en": "."}


@cache
def catalogue(language: str) -> dict[str, str]:
    """All texts of a language; they are shared, do not change them."""
    texts: dict[str, str] = {}
    end = f"{language}.json"
    for path in sorted(Path(__file__).parent.glob(f"*{end}"), key=lambda path: path.name.removesuffix(end)):
        texts |= json.loads(path.read_text(encoding="utf-8"))
    return texts


def say(language: str, key: str, /, **values: str | float) -> str:
    """The text of a key, `{name}` in it filled from `values`; numbers are written as the language does.

    With a `count` of one, the key's form for one is taken where there is one: `x.one` beside `x`.
    """
    texts = catalogue(language)
    text = texts.get(f"{key}.one", texts[key]) if values.get("count") == 1 else texts[key]
    return text.format_map(
        {name: value if isinstance(value, str) else number(language, value) for name, value in values.items()}
    )


class Said(str):
    """A text in English that remembers what it says, so that it can be told in another language."""

    key: str
    values: dict[str, Any]

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.key, self.values)


def said(key: str, /, **values: str | float) -> Said:
    text = Said(say("en", key, **values))
    text.key, text.values = key, values
    return text


def listed(texts: Sequence[str]) -> str:
    """One text of many; what is `Said` among them can still be told in another language."""
    return reduce(lambda first, following: said("list.and", first=first, next=following), texts)


def parts(text: str) -> dict[str, Any]:
    """What `whole` makes it of again, beyond a line of JSON."""
    return {"key": text.key, "values": text.values} if isinstance(text, Said) else {}


def whole(text: str, parts: Mapping[str, Any]) -> str:
    """`text` itself where it was said without a key, or with one that this version does not know."""
    try:
        return said(parts["key"], **parts["values"])
    except KeyError:
        return text


def told(language: str, text: object) -> str:
    """What somebody said, in this language; other texts as they are."""
    if not isinstance(text, Said):
        return str(text)
    values = {
        name: told(language, value) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    return say(language, text.key, **values)


def _again(key: str, values: dict[str, Any]) -> Said:
    return said(key, **values)


def of_environment(environment: Mapping[str, str]) -> str:
    """The language of a command line: as its locale says, else English."""
    said = next((environment[name] for name in _LOCALE if environment.get(name)), "")
    return said[:2] if said[:2] in LANGUAGES else "en"


def has(key: str) -> bool:
    """Whether there is such a text: for names that come from outside."""
    return key in catalogue(LANGUAGES[0])


def number(language: str, value: float, decimals: int | None = None) -> str:
    """1.5 as `1,5` in German; with as many decimals as are asked for, else as it has."""
    shown = f"{value:.{decimals}f}" if decimals is not None else f"{value}"
    if not float(shown):
        shown = shown.removeprefix("-")
    return shown.replace(".", _DECIMAL_SIGN[language]).replace("-", MINUS)


def accepted(accept_language: str) -> str:
    """The first language of ours in an Accept-Language header, German if there is none."""
    wanted = []
    for position, part in enumerate(accept_language.split(",")):
        tag, _, quality = part.partition(";")
        weight = quality.strip().removeprefix("q=") or "1"
        try:
            wanted.append((-float(weight), position, tag.strip()[:2].lower()))
        except ValueError:
            continue
    return next((tag for weight, _, tag in sorted(wanted) if tag in LANGUAGES and weight < 0), LANGUAGES[0])
