"""Text for places that take ASCII alone: Verilog comments, and terminals in a locale without UTF-8."""

from __future__ import annotations

import codecs
import unicodedata

#: Signs that units, figures and tables are made of, and words of ASCII that are read the same way.
_SPELLED = {
    "µ": "u", "μ": "u", "Ω": "Ohm", "°": "deg", "²": "2", "³": "3", "×": "x", "·": ".", "÷": "/",
    "±": "+/-", "−": "-", "–": "-", "—": "-", "…": "...", "≤": "<=", "≥": ">=", "≈": "~", "→": "->", "‘": "'",
    "’": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "ø": "o",
    "Ø": "O", "ł": "l", "Ł": "L", "€": "EUR", "‰": "per mille", "√": "sqrt", "∆": "d", "Δ": "d", "α": "alpha",
    "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "θ": "theta", "λ": "lambda", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "φ": "phi", "ω": "omega",
}  # fmt: skip
#: Bars of rising height and the rules of progress bars, each one character wide.
_DRAWN = dict(zip("▁▂▃▄▅▆▇█━╸╺─│•✓✗", ".:-=+*##---" + "-|*+x", strict=True))
#: Name of the handler that `str.encode` and text streams take.
ASCII_ERRORS = "bespoke-ascii"


def to_ascii(text: str) -> str:
    """The text in ASCII: units and signs spelled out, accents left out, ``?`` for whatever else there is."""
    return "".join(character if character.isascii() else _spelled(character) for character in text)


def _spelled(character: str) -> str:
    known = _SPELLED.get(character) or _DRAWN.get(character)
    if known is not None:
        return known
    if character.isspace():
        return " "
    parts = [part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)]
    if parts == [character] or not parts:
        return "?"
    return "".join(part if part.isascii() else _spelled(part) for part in parts)


def _encoded(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return to_ascii(error.object[error.start : error.end]), error.end


codecs.register_error(ASCII_ERRORS, _encoded)
