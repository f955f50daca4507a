"""Words that mean "no value", and the errors that spreadsheets write into cells."""

from __future__ import annotations

MISSING_WORDS = (
    "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "#N/A", "-", "--", ".",
    "..", ":", "n.a.", "N.A.", "n/d", "ND", "<NA>", "(null)", "nil", "k.A.", "k. A.", "keine Angabe", "missing",
    "Missing", "unknown", "Unknown", "not available", "Not available",
)  # fmt: skip
"""What people write where a value is missing. In a column of numbers or dates they can mean nothing else."""

LEVEL_WORDS = frozenset(MISSING_WORDS) - {"?", "#N/A", "--", "."}
"""Those of MISSING_WORDS that may be a level of a category: no option, Namibia, a name."""

SPREADSHEET_ERRORS = (
    "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!", "#FIELD!", "#BUSY!",
    "#GETTING_DATA", "#ERROR!", "#NV", "#WERT!", "#BEZUG!", "#ZAHL!", "#ÜBERLAUF!", "#NOMBRE?", "#¡DIV/0!", "#¡NUM!",
    "#¡VALOR!", "#¡REF!", "#VALOR!", "#NOM?", "#NOMBRE!", "#VALEUR!", "#NOME?", "#RIF!", "#VALORE!", "#DIV/0", "#VALUE",
    "#REF", "#NAME", "#NUM", "Err:502", "Err:503", "Err:504", "Err:508", "Err:509", "Err:511", "Err:522",
)  # fmt: skip
"""What Excel writes in several languages, and LibreOffice, where a formula has no result."""

NO_VALUES = tuple(dict.fromkeys((*MISSING_WORDS, *SPREADSHEET_ERRORS)))

FREQUENT = 0.1  # the share of cells from which on a word is a level, even where other cells are empty


def choose_missing(found: dict[str, int], empty: int, rows: int) -> tuple[str, ...]:
    """Choose which of MISSING_WORDS mean "no value" in a column of text.

    `found` counts the cells of each word, `empty` the empty cells. A word that may be a level is one where nothing else
    says "no value", or where it is frequent.
    """
    return tuple(
        word for word, count in found.items() if word not in LEVEL_WORDS or (empty > 0 and count < FREQUENT * rows)
    )
