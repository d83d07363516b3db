"""What is wrong with a TOML file that pydantic refuses: a line for each key, with file and what to write."""

from collections.abc import Callable, Container
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

Loc = tuple[int | str, ...]


def lines(
    file: Path,
    error: ValidationError,
    expected: Callable[[ErrorDetails], str],
    hidden: Container[object] = (),
) -> list[str]:
    """Of keys within each other the innermost; `hidden` are parts of a place that no file has."""
    found = error.errors(include_url=False)
    inner = [e["loc"] for e in found]
    return [
        f"{file}: {key(e['loc'], hidden)}: {expected(e)}"
        for e in found
        if not any(len(loc) > len(e["loc"]) and loc[: len(e["loc"])] == e["loc"] for loc in inner)
    ]


def key(loc: Loc, hidden: Container[object] = ()) -> str:
    """source.1.bind is the first source's: counted as people do."""
    parts = (part for part in loc if part not in hidden)
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in parts)
