"""The log, all of it: lines for people or JSON; what looks like a secret is blotted out."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import structlog
from pydantic import Field

from gateway.section import Section

# No line is meant to hold one; this is for texts of libraries and for faults of ours.
_SECRET = re.compile(
    r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{32}){1,4}(?![0-9a-fA-F])|messfunk_[\w-]{20,}|(?<=://)[^/\s@]*:[^/\s@]*@"
)
_QUIET = ("httpcore", "httpx", "uvicorn", "websockets")
_PRE = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


class LogConfig(Section):
    format: Literal["console", "json"] = Field(
        default="console", description='"console" or "json": lines for people, or one JSON object a line'
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description='"debug", "info", "warning" or "error": the least that is worth a line'
    )


def configure(config: LogConfig, stream: TextIO) -> None:
    """For the whole process, libraries too."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(config, stream.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(config.level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _formatter(config: LogConfig, is_terminal: bool) -> logging.Formatter:
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if config.format == "console":
        renderer = structlog.dev.ConsoleRenderer(
            colors=is_terminal, exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
        )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_PRE,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _blot,
            renderer,
        ],
    )


def _blot(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in line.items():
        if not isinstance(value, int | float | bool | None):
            line[name] = _SECRET.sub("...", value if isinstance(value, str) else str(value))
    return line
