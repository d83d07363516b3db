"""The table of the configuration for what alarms leave beside the store."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from gateway.section import Section


class AlarmsConfig(Section):
    cap_folder: Path | None = Field(
        default=None,
        strict=False,
        description="a path: a folder for CAP 1.2 files, two per alarm; none are written unless given",
    )
    cap_status: Literal["Test", "Actual"] = Field(
        default="Test",
        description='"Test" or "Actual": what the CAP files say they are; a drill is an "Exercise"',
    )
    cap_sender: str = Field(
        default="messfunk",
        pattern=r"^[^\s,<&]{1,128}$",
        description="a text without blanks, commas, < and &: who sends, such as messfunk@district.example",
    )
    cap_restriction: str = Field(
        default="For the municipality's own use; no warning of the public",
        min_length=1,
        description="a text: whom the CAP files are for",
    )

    @field_validator("cap_folder")
    @classmethod
    def _folder(cls, folder: Path | None, info: ValidationInfo) -> Path | None:
        """Relative to the configuration."""
        if folder is None:
            return None
        found: Path = ((info.context or {}).get("folder") or Path()) / folder
        if not found.is_dir():
            raise ValueError(f"{found}: no such folder")
        return found
