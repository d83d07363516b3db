"""Names are folded alike by both databases and by us, whoever writes them."""

import random

from gateway.store.folding import fold
from gateway.store.ledger import Store

NAMES = (
    *("Ähre", "Ahre", "ÖL", "über", "Straße", "STRAẞE", "Ållé Øst", "Çà et là", "", " ", "ŠKODA", "Дом"),
    *("ZZ Top", "a'b; DROP", "100 %_", "İstanbul", "\N{COMBINING DIAERESIS}A"),
)


def test_the_databases_fold_as_we_do(store: Store) -> None:
    rng, db = random.Random(4), store.connection
    letters = "".join(NAMES) + "".join(map(chr, range(32, 0x180)))
    names = [*NAMES, *("".join(rng.choices(letters, k=12)) for _ in range(200))]
    with store.transaction():
        for number, name in enumerate(names):
            id_ = f"{number:016x}"
            db.execute("INSERT INTO site (id, name, created_at) VALUES (?, ?, 0)", (id_, name))
            db.execute(
                "INSERT INTO device (dev_eui, name, activation, created_at) VALUES (?, 'x', 'lns', 0)", (id_,)
            )
            db.execute("UPDATE device SET name = ? WHERE dev_eui = ?", (name, id_))
        db.execute("UPDATE device SET group_name = ? WHERE dev_eui = ?", ("Kläranlage", f"{0:016x}"))
    sites = db.execute("SELECT folded FROM site ORDER BY id").fetchall()
    assert [row[0] for row in sites] == [fold(name or f"{at:016x}") for at, name in enumerate(names)]
    devices = [row[0] for row in db.execute("SELECT folded FROM device ORDER BY dev_eui")]
    assert devices == ["ahre klaranlage", *(fold(f"{name} ") for name in names[1:])]
    ordered = [row[0] for row in db.execute("SELECT folded FROM site ORDER BY folded")]
    assert ordered == sorted(ordered)  # by code point in either


def test_words_that_differ_by_case_and_accent_are_one() -> None:
    assert (
        fold("MÜHLGRABEN") == fold("mühlgraben") == "muhlgraben"
        and fold("Große") == fold("GROẞE") == "grosse"
    )
