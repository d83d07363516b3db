"""Lists of devices as files: ours, ChirpStack's and The Things Stack's; a fault is told with its place."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from codec.desk.device_files import csv_file, json_file
from codec.desk.device_files.entry import Entry, FileError
from codec.desk.device_files.networks import CSV_FORMS, JSON_FORMS, to_row
from codec.wire import WireError

KINDS = tuple(JSON_FORMS)


@dataclass(frozen=True)
class Listing:
    """What a file holds; `kind` is one of KINDS."""

    kind: str
    entries: list[Entry]


def parse(text: str, kind: str | None = None) -> Listing:
    """The format is recognised unless it is named."""
    text = text.removeprefix("\ufeff")  # spreadsheets put it there
    source = json_file if text.lstrip()[:1] in ("{", "[") else csv_file
    entries: dict[str, Entry] = {}
    for found, entry, place in source.rows(text, kind):
        kind = found
        if entry.dev_eui in entries:
            raise FileError(place, f"{entry.dev_eui} stands in it twice")
        entries[entry.dev_eui] = entry
    if kind is None or not entries:
        raise FileError((1, 1), "no device in it")
    return Listing(kind, list(entries.values()))


def to_json(entries: Iterable[Entry], kind: str, region: str) -> str:
    return join_rows([to_row(entry, JSON_FORMS[kind], region) for entry in entries], kind)


def join_rows(rows: list[dict[str, Any]], kind: str) -> str:
    """The text of a file; The Things Stack takes one object after the other."""
    if kind == "messfunk":
        return json.dumps({"devices": rows}, indent=1, ensure_ascii=False) + "\n"
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def to_csv(entries: Iterable[Entry], kind: str, region: str) -> str:
    if kind not in CSV_FORMS:
        raise WireError(f"{kind} has no CSV: name a .json file")
    form = CSV_FORMS[kind]
    rows = [to_row(entry, form, region) for entry in entries]
    said = {column for row in rows for column in row}
    ours = [path[0] for path in form.paths.values()]
    columns = [column for column in (*ours, *sorted(said - {*ours})) if column in said]
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, columns, delimiter=form.delimiter, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()
