"""Months by their names in European languages, brought to English ones: 2. Januar 2024 is 2 Jan 2024."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAMES = (
    "jan january januar janner january januari janv janvier ene enero gen gennaio janeiro sty styczen stycznia",
    "feb february februar februari fev fevr fevrier febrero febbraio fevereiro lut luty lutego",
    "mar march marz mrz mars marzo marco maart mrt marts marzec marca",
    "apr april avr avril abr abril aprile kwi kwiecien kwietnia",
    "may mai mayo mag maggio maio mei maj maja",
    "jun june juni juin junio giu giugno junho cze czerwiec czerwca",
    "jul july juli juil juillet julio lug luglio julho lip lipiec lipca",
    "aug august aout agosto ago augustus augusti sie sierpien sierpnia",
    "sep sept september septembre septiembre set sett settembre setembro wrz wrzesien wrzesnia",
    "oct october okt oktober octobre octubre ott ottobre out outubro paz pazdziernik pazdziernika",
    "nov november novembre noviembre novembro lis listopad listopada",
    "dec december dez dezember decembre dic diciembre dicembre dezembro gru grudzien grudnia",
)
"""English, German, French, Spanish, Italian, Portuguese, Dutch, Danish, Norwegian, Swedish, Polish; without accents."""
MONTHS = {name: at for at, names in enumerate(_NAMES) for name in names.split()}
FULL = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December")  # fmt: skip
_FILLERS = frozenset(("de", "del", "di", "du", "of", "den", "der", "le", "the", "st", "nd", "rd", "th", "er"))
_WORD = re.compile(r"[^\W\d_]+\.?")


def has_month(text: str) -> bool:
    """Whether a word of the text is the name of a month."""
    return any(_month(word) is not None for word in _WORD.findall(text))


def _month(word: str) -> int | None:
    plain = unicodedata.normalize("NFKD", word.rstrip(".").casefold())
    return MONTHS.get("".join(mark for mark in plain if not unicodedata.combining(mark)))


def translated(texts: Iterable[str], names: tuple[str, ...]) -> list[str]:
    """The texts with the months that they name in English, all else as it is.

    Args:
        texts: of times.
        names: of the twelve months, `ENGLISH` or `FULL`.
    """

    def english(found: re.Match[str]) -> str:
        month = _month(found[0])
        return found[0] if month is None else names[month]

    return [_WORD.sub(english, text) for text in texts]


def spelt(texts: Iterable[str]) -> list[str]:
    """The texts with the month in English between blanks, such as 2 Jan 2024, without a day of the week before it."""
    return [_spelt(text) for text in texts]


def _spelt(text: str) -> str:
    words = _WORD.findall(text)
    months = [word for word in words if _month(word) is not None]
    if not months:
        return text
    if re.match(r"\s*[^\W\d_]", text) and (words[0] not in months or len(months) > 1):  # mar. is a Tuesday as well
        text = _WORD.sub("", text, count=1).lstrip(" ,.")
        months = months[-1:]

    def english(found: re.Match[str]) -> str:
        if found[0] == months[0]:
            return f" {ENGLISH[_month(found[0]) or 0]} "
        return "" if found[0].rstrip(".").lower() in _FILLERS else found[0]

    text = _WORD.sub(english, text)
    text = re.sub(r"[\s,./-]* ([A-Z][a-z]{2}) [\s,./-]*", r" \1 ", text, count=1)
    text = re.sub(r"\s*,\s*|\s+", " ", text).strip()
    return re.sub(r"^([A-Z][a-z]{2} \d{1,2})[-/.](\d)", r"\1 \2", text)
