"""The commands that translate payloads: decode and encode, one or a stream of them."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from codec.desk import document, explain
from codec.wire import WireError
from gateway.console import AsJson, fail, refuse, tell
from gateway.words import said

_FAILED = 1

app = typer.Typer()


@app.command(epilog="Examples: messfunk decode 8325173901a3 --explain; messfunk decode < payloads.txt")
def decode(
    payload: Annotated[
        str | None,
        typer.Argument(metavar="HEX", help="Decrypted; without it one per line of standard input."),
    ] = None,
    fport: Annotated[int | None, typer.Option(min=0, max=255, help="The port it came on.")] = None,
    bits: Annotated[bool, typer.Option("--explain", help="What each byte says.")] = False,
    as_json: AsJson = False,
) -> None:
    """What a payload says."""
    if fport == 0:
        fail(said("refusal.fport0"))
    if payload is None:
        _stream(lambda line: json.dumps(document.read(bytes.fromhex(line)), ensure_ascii=False))
        return
    try:
        content = bytes.fromhex(payload)
    except ValueError:
        refuse(said("refusal.twoDigits", text=repr(payload)))
    try:
        lines = _bit_by_bit(content) if bits else explain.words(content)
        tell(document.read(content), as_json, "\n".join(lines))
    except WireError as error:
        fail(said("refusal.noMessage", error=str(error), place=str(error.at)))


@app.command(epilog="""Example: messfunk encode '{"distance": 1234, "temperature": 12.3}'""")
def encode(
    values: Annotated[
        str | None,
        typer.Argument(metavar="JSON", help="Without it one object per line of standard input."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The payload of a report, from values in units or names of faults; of a command, from its orders."""
    if values is None:
        _stream(lambda line: document.write(_object(line)).hex())
        return
    try:
        payload = document.write(_object(values)).hex()
    except (ValueError, KeyError, TypeError) as error:
        refuse(f"{values}: {error}")
    tell({"payload": payload}, as_json, payload)


def _object(text: str) -> dict[str, Any]:
    given = json.loads(text)
    if not isinstance(given, dict):
        raise ValueError('expected an object such as {"distance": 1234, "temperature": 12.3}')
    return given


def _bit_by_bit(payload: bytes) -> Iterator[str]:
    for line in explain.explain(payload):
        yield f"{line.at:3}  {line.content.hex():12}  {line.bits}  {line.text}"


def _stream(translate: Callable[[str], str]) -> None:
    """Line by line; one that cannot be translated is said on standard error, and the exit code tells."""
    failed = 0
    for number, line in enumerate(sys.stdin, 1):
        try:
            sys.stdout.write(translate(line) + "\n")
        except (ValueError, KeyError, TypeError) as error:
            failed += 1
            sys.stdout.write("\n")
            typer.echo(f"messfunk: line {number}: {error}", err=True)
    if failed:
        raise typer.Exit(_FAILED)
