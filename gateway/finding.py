"""One finding of the doctor."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """`look` is what nobody but the operator can see; `wrong` needs doing. Texts may be `words.Said`."""

    name: str
    state: Literal["good", "look", "wrong"]
    text: str
