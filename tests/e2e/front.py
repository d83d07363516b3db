"""The picture of the README: what the public of the village sees, made anew by `make front`."""

import sys
import tempfile
from pathlib import Path

from gateway.config import HttpConfig
from tests.e2e import village
from tests.e2e.conftest import Browser, FastClock, serving

# The village as its neighbours know it: published, and without the name that tests what a name may hold.
_PUBLIC = (
    "INSERT INTO token VALUES ('t', 'x', 'viewer', 0, NULL, NULL, 'h')",
    "UPDATE site SET published = 1",
    f"UPDATE site SET name = 'Solz, Sorga' WHERE id = '{village.SILENT}'",
)


def main(path: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = village.build(Path(folder) / "village.db")
        with ledger.store.transaction():
            for statement in _PUBLIC:
                ledger.store.connection.execute(statement)
        with serving(ledger, FastClock(), config=HttpConfig()) as site:
            browser = Browser()
            browser.do("open", url=site.url, language="en", width=1120, height=860)
            browser.do("find", selector=".connection.live")
            browser.do("webp", path=path)
            browser.close()
        ledger.store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
