"""Names without case and accents, as lists are ordered and searched (DIN 5007-1): Ähre beside Ahre.

The columns `folded` hold the same: schema/*/016_names.sql.
"""

_LETTERS = "äàåçèéöøü"
_PLAIN = "aaaceeoou"
_FOLDED = (
    {ord(letter): plain for letter, plain in zip(_LETTERS + _LETTERS.upper(), _PLAIN * 2, strict=True)}
    | {ord(letter): "ss" for letter in "ßẞ"}
    | {code: chr(code).lower() for code in range(ord("A"), ord("Z") + 1)}
)


def fold(name: str) -> str:
    return name.translate(_FOLDED)
