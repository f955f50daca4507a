"""The encoding of a file of text: found by charset-normalizer among the common ones, or the one that was chosen."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from charset_normalizer import from_bytes

from training.exceptions import UnreadableTable

COMMON = (
    *(
        "cp1252",
        "cp1250",
        "cp1251",
        "mac_roman",
        "cp932",
        "cp949",
        "gb18030",
        "big5hkscs",
        "euc_jp",
        "koi8_r",
        "cp1253",
    ),
    *("cp1254", "cp1257", "cp1255", "cp1256"),
    *("iso8859_15", "iso8859_2", "cp850", "cp852", "cp866", "mac_cyrillic"),
)
"""What is looked for, the likeliest first."""

_MORE = (
    *("ascii", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
    *("cp437", "cp720", "cp737", "cp775", "cp855", "cp857", "cp858", "cp860", "cp861", "cp862", "cp863", "cp864"),
    *("cp865", "cp869", "cp874", "cp1125", "cp1256", "cp1258", "big5", "cp950", "euc_kr", "gb2312", "gbk", "hz"),
    *("euc_jis_2004", "euc_jisx0213", "iso2022_jp", "iso2022_kr", "shift_jis", "shift_jis_2004", "shift_jisx0213"),
    *("johab", "koi8_u", "koi8_t", "kz1048", "ptcp154", "latin-1", "hp_roman8", "mac_greek", "mac_iceland"),
    *("mac_latin2", "mac_turkish", *(f"iso8859_{part}" for part in range(2, 17) if part != 12)),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
EVIDENCE_BYTES = 16_384  # of lines with other characters than ASCII's
EXAMPLE = 60  # characters
DAMAGED = 20  # characters beyond ASCII that are UTF-8 for each one that is not, from which on the file is UTF-8
SLACK = 0.05  # a candidate whose text is so much less plausible than the best one's is no rival
_LINE = re.compile(rb"[^\r\n]{0,200}[\x80-\xff][^\r\n]{0,200}")
_WORD = re.compile(r"[^\W\d_]+(?:[^\w\s,;|\"()<>/\\.:!?-][^\W\d_]+)*[^\w\s,;|\"()<>/\\.:!?-]*")
_FREQUENT = "äöüßéèêàâçñáíóúãõåøæ"


@dataclass(frozen=True)
class Detected:
    """`rivals` are encodings in which the file would read otherwise and nearly as well, with their `example`."""

    encoding: str
    example: str = ""
    rivals: tuple[tuple[str, str], ...] = ()


def get_encoding(name: str) -> str:
    """Return the name by which Python knows the encoding. Raises UnreadableTable for one that is not of text."""
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        known = ""
    if known not in _list_allowed():
        raise UnreadableTable(
            f"There is no encoding {name[:40]!r}.",
            hint="Choose utf-8, cp1252, cp1250, cp1251, shift_jis, gb18030, mac_roman or another name that Python "
            "knows, or leave it to be detected.",
            where="reading.encoding",
        )
    return known


def decode(raw: bytes, encoding: str) -> str:
    """Decode all of it, without its byte order mark. Raises UnreadableTable, naming the first byte at fault."""
    try:
        text = raw.decode(encoding)
    except (UnicodeDecodeError, UnicodeError) as error:
        start = getattr(error, "start", 0)
        line = raw.count(b"\n", 0, start) + 1
        raise UnreadableTable(
            f"The file is not written in {encoding}: byte {raw[start : start + 1].hex()} in line {line:,} is none of "
            "its characters.",
            hint="Choose another encoding, or leave it to be detected.",
            where="reading.encoding",
        ) from None
    return text.removeprefix("\ufeff")


def detect_encoding(raw: bytes) -> Detected:
    """Find the encoding of a whole file. Raises UnreadableTable for bytes that are no text."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return Detected(encoding)
    if b"\x00" in raw[:EVIDENCE_BYTES]:
        return Detected(_detect_wide(raw[:EVIDENCE_BYTES]))
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_damaged(raw, error.start)
        return _choose(raw)
    return Detected("utf-8")


def _refuse_damaged(raw: bytes, start: int) -> None:
    """Raise UnreadableTable where nearly all characters are UTF-8: in another encoding, all of those would be wrong.

    `start` is the place of the first byte that is not UTF-8.
    """
    text = raw.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    if good < DAMAGED * bad:
        return
    line = raw.count(b"\n", 0, start) + 1
    raise UnreadableTable(
        f"The file is written in UTF-8, except for {bad:,} {'character' if bad == 1 else 'characters'}: byte "
        f"{raw[start : start + 1].hex()} in line {line:,}, for example.",
        hint="Correct that line. Or choose the encoding, such as cp1252, if most letters are not UTF-8.",
        where="reading.encoding",
    )


def _detect_wide(sample: bytes) -> str:
    """UTF-16 or UTF-32 without a byte order mark: the zeros of Latin letters lie at the same places."""
    size = len(sample) // 4 * 4
    zeros = [sample[start:size:4].count(0) / max(1, size // 4) for start in range(4)]
    patterns = {
        "utf-32-le": (0, 1, 1, 1),
        "utf-32-be": (1, 1, 1, 0),
        "utf-16-le": (0, 1, 0, 1),
        "utf-16-be": (1, 0, 1, 0),
    }
    for encoding, pattern in patterns.items():
        if all(share > 0.6 if zero else share < 0.1 for share, zero in zip(zeros, pattern, strict=True)):
            return encoding
    raise UnreadableTable("The file is binary, not text.", hint="Export the table as CSV and use that.")


def _choose(raw: bytes) -> Detected:
    lines = []
    size = 0
    for match in _LINE.finditer(raw):
        lines.append(match.group())
        size += len(match.group()) + 1
        if size > EVIDENCE_BYTES:
            break
    evidence = b"\n".join(dict.fromkeys(lines))
    found = from_bytes(evidence, cp_isolation=list(COMMON), preemptive_behaviour=False, threshold=0.6)
    opinions = {
        encoding: 0.2 * match.chaos - 0.08 * match.coherence
        for match in found
        for encoding in match.could_be_from_charset
    }
    scores: dict[str, float] = {}
    texts: dict[str, str] = {}
    for position, encoding in enumerate(COMMON):
        text = evidence.decode(encoding, "replace")
        if text.count("\ufffd") > len(lines) * 2 or not _decodes(raw, encoding):
            continue
        texts[encoding] = text
        # charset-normalizer's opinion outweighs the order of the list; oddities outweigh both.
        scores[encoding] = (
            _measure_oddity(text) + 0.01 * _measure_rarity(text) + opinions.get(encoding, 0.1) + 0.0015 * position
        )
    if not scores:
        raise UnreadableTable(
            "The file's characters are in no encoding that is known here.", hint="Save it as CSV in UTF-8."
        )
    best = min(scores, key=scores.__getitem__)
    example = _find_example(texts[best])
    rivals: dict[str, str] = {}
    for encoding in sorted(scores, key=scores.__getitem__):
        other = _find_example(texts[encoding], like=texts[best])
        if scores[encoding] <= scores[best] + SLACK and texts[encoding] != texts[best] and other not in rivals.values():
            rivals[encoding] = other
    return Detected(best, example, tuple(list(rivals.items())[:3]))


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except (UnicodeDecodeError, UnicodeError):
        return False
    return True


def _measure_oddity(text: str) -> float:
    """The share of words beyond ASCII in which letters and signs stand as no language has them."""
    words = {word for word in _WORD.findall(text) if not word.isascii()}
    odd = sum(map(_is_odd, words))
    signs = {sign for sign in text if not sign.isascii() and not sign.isalnum()}
    strange = sum(
        unicodedata.category(sign) in ("Cc", "Co", "Cn", "Lm", "Sk", "Mn") or sign in "¤¦¬¸¨¯�" for sign in signs
    )
    return (odd + strange) / max(1, len(words) + strange)


def _measure_rarity(text: str) -> float:
    """The share of accented Latin letters that few languages have."""
    accented = [
        letter for letter in text if letter.isalpha() and not letter.isascii() and _get_script(letter) == "LATIN"
    ]
    return sum(letter.lower() not in _FREQUENT for letter in accented) / max(1, len(accented))


def _is_odd(word: str) -> bool:
    letters = [letter for letter in word if letter.isalpha()]
    scripts = {_get_script(letter) for letter in letters}
    if len(scripts) > 1 or (len(letters) == 1 and scripts & {"CYRILLIC", "ARABIC", "HEBREW"}):
        return True
    if any(sign not in "'’-–—" for sign in word.rstrip("”“’»…–—‘„‚‹›") if not sign.isalpha() and not sign.isascii()):
        return True  # a sign that touches letters
    for before, after, following in zip(" " + word[:-1], word, word[1:] + " ", strict=True):
        foreign = not after.isascii() or not before.isascii()
        if foreign and after.isupper() and (before.islower() or (before.isupper() and following.islower())):
            return True
    if scripts == {"LATIN"}:
        return len(letters) > 2 and sum(not letter.isascii() for letter in letters) > 0.7 * len(letters)
    return False


@cache
def _get_script(letter: str) -> str:
    name = unicodedata.name(letter, "")
    script = name.split(" ", 1)[0]
    if script in ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"):
        return "CJK"
    return "LATIN" if script in ("FEMININE", "MASCULINE", "MICRO") else script


def _find_example(text: str, like: str = "") -> str:
    """The first word with other characters than ASCII's; with `like`, the first that is another one there."""
    words = [word for word in re.findall(r"\S+", text) if not word.isascii()]
    if like:
        others = set(re.findall(r"\S+", like))
        words = [word for word in words if word not in others] or words
    return words[0][:EXAMPLE] if words else ""


@cache
def _list_allowed() -> frozenset[str]:
    return frozenset(codecs.lookup(name).name for name in (*COMMON, *_MORE))
