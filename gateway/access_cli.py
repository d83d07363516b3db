"""`messfunk token`: who may use page and HTTP interface."""

from typing import Annotated, Any

import typer

from gateway.access import tokens
from gateway.access.roles import ROLES
from gateway.console import AsJson, ConfigOption, DbOption, commanding, opened, refusing, tell, worded
from gateway.web.shapes import instant

app = typer.Typer(no_args_is_help=True, help="Who may use the page and the HTTP interface.")


@app.command(epilog="Example: messfunk token create --role viewer --name Bauhof")
def create(
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}; each includes those before it.")],
    name: Annotated[str | None, typer.Option(help="Whose it is; the audit log says so.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="It expires after so many.")] = None,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it, this once: it is kept as a hash only."""
    with refusing(), commanding(config, db, create=True) as run:
        made = run("token.create", {"role": role, "name": name, "days": days})
    tell(_times(made), as_json, made["token"])


@app.command(name="list")
def list_tokens(config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False) -> None:
    """All tokens ever made, without the tokens themselves."""
    with refusing(), opened(config, db) as store:
        known = [_times(each) for each in tokens.known(store.connection)]
    lines = [f"{each['id']}  {each['role']:8}  {_state(each):38}  {each['name']}" for each in known]
    tell({"tokens": known}, as_json, "\n".join(lines) or worded("cli.noToken"))


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="ID", help="From `messfunk token list`.")],
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """End a token, and the browser sessions begun with it, at once."""
    with refusing(), commanding(config, db) as run:
        run("token.revoke", {"id": token})
    tell({"revoked": token}, as_json, worded("cli.revoked", name=token))


def _times(row: dict[str, Any]) -> dict[str, Any]:
    return {key: instant(value) if key.endswith("_at") and value else value for key, value in row.items()}


def _state(token: dict[str, Any]) -> str:
    if token["revoked_at"]:
        return worded("cli.tokenRevoked", moment=token["revoked_at"])
    return (
        worded("cli.tokenUntil", moment=token["expires_at"])
        if token["expires_at"]
        else worded("cli.tokenHolds")
    )
