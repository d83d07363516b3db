"""The page's libraries: `python hatch_build.py assets` copies them from npm packages; a wheel needs them."""

import hashlib
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
NODE_MODULES = ROOT / "node_modules"
VENDOR = ROOT / "gateway/web/static/vendor"
NOTICES = VENDOR / "THIRD_PARTY.txt"


class AssetError(Exception):
    """An asset is missing or is not the one that vendor.toml names."""


def listed() -> list[dict[str, Any]]:
    assets: list[dict[str, Any]] = tomllib.loads((ROOT / "gateway/web/vendor.toml").read_text())["asset"]
    return assets


def vendored(asset: dict[str, Any]) -> Path:
    return VENDOR / Path(asset["file"]).name


def read_checked(path: Path, asset: dict[str, Any]) -> bytes:
    if not path.is_file():
        raise AssetError(f"{path.relative_to(ROOT)} is missing: run `make assets`")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != asset["sha256"]:
        raise AssetError(
            f"{path.relative_to(ROOT)} is not {asset['package']} {asset['version']} as vendor.toml has it"
        )
    return data


def copy_assets() -> None:
    """Copy what vendor.toml lists. The notices come last: they are the mark that the folder is complete."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    for asset in listed():
        package = NODE_MODULES / asset["package"]
        version = json.loads((package / "package.json").read_text())["version"]
        if version != asset["version"]:
            raise AssetError(
                f"node_modules has {asset['package']} {version}, vendor.toml wants {asset['version']}"
            )
        vendored(asset).write_bytes(read_checked(package / asset["file"], asset))
    NOTICES.write_text(notices())


def notices() -> str:
    head = [f"{vendored(a).name}: {a['package']} {a['version']}, {a['licence']}" for a in listed()]
    sources = dict.fromkeys(source for asset in listed() for source in asset["notices"])
    texts = [f"--- {source}\n\n{(NODE_MODULES / source).read_text().strip()}" for source in sources]
    return "\n".join(head) + "\n\n" + "\n\n".join(texts) + "\n"


class AssetsHook(BuildHookInterface[Any]):
    """Refuses a wheel whose page would come up empty; an editable install reads the folder when it serves."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        for asset in listed():
            read_checked(vendored(asset), asset)
        if not NOTICES.is_file():
            raise AssetError(f"{NOTICES.relative_to(ROOT)} is missing: run `make assets`")


if __name__ == "__main__":
    if sys.argv[1:] != ["assets"]:
        sys.exit("usage: python hatch_build.py assets")
    try:
        copy_assets()
    except AssetError as error:
        sys.exit(f"assets: {error}")
