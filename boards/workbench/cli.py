"""`messfunk node`: from an empty board to a node that has been checked."""

import sys
import time
from typing import Annotated

import serial
import typer

from boards.workbench import WorkbenchError, catalogue, check_cli, making_cli, provision_cli
from boards.workbench.console import AsJson, PortPath, tell, told
from boards.workbench.port import only_port, usb_ports

app = typer.Typer(name="node", no_args_is_help=True, help="Build, flash, provision, check and watch nodes.")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """The boards there are, and those that are plugged in."""
    known = catalogue.boards().values()
    ports = usb_ports()
    document = {
        "boards": [
            {"name": board.name, "title": board.title, "run_on_hardware": board.run_on_hardware}
            for board in known
        ],
        "ports": [{"port": path, "description": text} for path, text in ports],
    }
    lines = [f"{board.name:12} {board.title}" for board in known]
    lines += ["", "plugged in:"] + ([f"  {path}  {text}" for path, text in ports] or ["  nothing"])
    tell(document, as_json, "\n".join(lines))


app.command(epilog="Example: messfunk node interpreter --board heltec_v3")(making_cli.interpreter)
app.command(epilog="Example: messfunk node build --board heltec_v3 --config node.toml --out build")(
    making_cli.build
)
app.command(epilog="Example: messfunk node flash --board heltec_v3 --config node.toml")(making_cli.flash)
app.command(epilog="Example: messfunk node provision --gateway http://127.0.0.1:8080 --name Aue")(
    provision_cli.provision
)
app.command(epilog="Example: messfunk node check --mount-mm 3000 --record record.html")(check_cli.check)


@app.command(epilog="Example: messfunk node monitor --for 60")
def monitor(
    port: PortPath = None,
    seconds: Annotated[
        float, typer.Option("--for", help="Stop after so many seconds; 0 goes on until Ctrl-C.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """What the node prints, line by line."""
    with told():
        path = only_port(port)
        end = time.monotonic() + seconds if seconds else None
        try:
            with serial.Serial(path, 115200, timeout=0.5) as line_in:
                while end is None or time.monotonic() < end:
                    line = line_in.readline().decode("utf-8", "replace").rstrip()
                    if line:
                        tell({"port": path, "line": line}, as_json, line)
                        sys.stdout.flush()
        except (serial.SerialException, OSError) as error:
            raise WorkbenchError(f"{path}: {error}") from None
        except KeyboardInterrupt:
            return
