"""Devices as CSV: a line of column names, then a line for each device."""

import csv
import io
from collections.abc import Iterator

from codec.desk.device_files.entry import Entry, FieldError, FileError, Place, read
from codec.desk.device_files.networks import CSV_FORMS, Form, found_in

_MARKS = {"id", "lorawan_version", "frequency_plan_id", "f_nwk_s_int_key", "app_eui"}  # of The Things Stack
_ALIASES = {"app_eui": "join_eui"}


def rows(text: str, kind: str | None) -> Iterator[tuple[str, Entry, Place]]:
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip().lower() for cell in next(table, [])]
        kind = kind or ("tts" if _MARKS & {*header} else "messfunk")
        form = _form(kind)
        columns = [_ALIASES.get(cell, cell) for cell in header]
        _check_header(columns, form)
        for cells in table:
            if any(cells):
                yield kind, _entry(form, columns, cells, table.line_num), (table.line_num, 1)
    except csv.Error as error:
        raise FileError((table.line_num, 1), f"not CSV: {error}") from None


def _form(kind: str) -> Form:
    if kind not in CSV_FORMS:
        raise FileError((1, 1), f"{kind} has no CSV, only JSON")
    return CSV_FORMS[kind]


def _check_header(columns: list[str], form: Form) -> None:
    known = [path[0] for path in form.paths.values()]
    for number, column in enumerate(columns, 1):
        if columns.index(column) != number - 1:
            raise FileError((1, number), f"the column {column} stands there twice")
        if column not in known and not form.ignores_others:
            raise FileError((1, number), f"no column, expected some of {', '.join(known)}")


def _entry(form: Form, columns: list[str], cells: list[str], line: int) -> Entry:
    if len(cells) != len(columns):
        raise FileError((line, len(cells)), f"{len(cells)} cells under {len(columns)} column names")
    try:
        return read(found_in(dict(zip(columns, cells, strict=True)), form), form.paths)
    except FieldError as error:
        name = next(iter(error.path), "")
        raise FileError((line, columns.index(name) + 1 if name in columns else 1), str(error)) from None
