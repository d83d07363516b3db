"""`messfunk why`: of a frame or a node, in words."""

import os
from typing import Annotated, Literal

import typer

from gateway import words
from gateway.clock import WallClock
from gateway.config import load
from gateway.console import CONFIG, AsJson, ConfigOption, DbOption, opened, refusing, tell
from gateway.network import wishes
from gateway.network.config import NetworkConfig
from gateway.why import frame, node, steps

app = typer.Typer()


@app.command(epilog="Example: messfunk why 70b3d57ed0000001 --lang de")
def why(
    what: Annotated[str, typer.Argument(metavar="FRAME|DEV_EUI", help="As the API names them, 16 digits.")],
    lang: Annotated[
        Literal["de", "en"] | None, typer.Option(help="Of the sentences; as the locale says unless named.")
    ] = None,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Who heard a frame, how it was counted and answered, who has it; how a node stands, what it lost."""
    with refusing(), opened(config, db) as store:
        wanted = wishes.of(NetworkConfig() if db else load(config or CONFIG).network)
        is_frame = store.connection.execute("SELECT 1 FROM uplink WHERE id = ?", (what.lower(),)).fetchone()
        if is_frame:
            found = frame.trace(store.connection, wanted, what.lower())
        else:
            found = node.trace(store.connection, wanted, what.lower(), WallClock().now_ms())
    told = steps.told(found, lang or words.of_environment(os.environ))
    tell({"steps": told}, as_json, "\n".join(each["text"] for each in told))
