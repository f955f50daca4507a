"""Sort the levels of a category in natural order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SCALES = (
    "very low|lowest, low, medium low|rather low, medium|middle|moderate|mid|average|normal, medium high|rather high, "
    "high|elevated, very high|highest|severe, extreme|critical",
    "none|absent|no, minimal|trace, slight|mild|minor, moderate|medium, severe|major|serious, "
    "very severe|extreme|critical|fatal",
    "tiny|extra small|very small, small|little, medium|middle, large|big, extra large|very large|huge, giant|enormous",
    "xxxs|3xs, xxs|2xs, xs, s, m, l, xl, xxl|2xl, xxxl|3xl, xxxxl|4xl, 5xl",
    "never, almost never|very rarely, rarely|seldom|hardly ever, occasionally, sometimes, often|frequently, "
    "usually|very often|mostly, almost always|nearly always, always",
    "strongly disagree|disagree strongly|totally disagree|completely disagree, disagree|mostly disagree, "
    "somewhat disagree|slightly disagree|rather disagree, neutral|neither agree nor disagree|neither|undecided|"
    "not sure, somewhat agree|slightly agree|rather agree, agree|mostly agree, "
    "strongly agree|agree strongly|totally agree|completely agree",
    "very dissatisfied|very unsatisfied, dissatisfied|unsatisfied, neutral|neither, satisfied, very satisfied",
    "very unlikely, unlikely, neutral|possible, likely, very likely, certain",
    "awful|terrible|very poor|very bad, poor|bad, fair|below average, average|ok|okay|satisfactory|acceptable, "
    "good|above average, very good, great|excellent|outstanding|ideal|premium, perfect",
    "monday|mon, tuesday|tue|tues, wednesday|wed, thursday|thu|thur|thurs, friday|fri, saturday|sat, sunday|sun",
    "january|jan, february|feb, march|mar, april|apr, may, june|jun, july|jul, august|aug, september|sep|sept, "
    "october|oct, november|nov, december|dec",
    "spring, summer, autumn|fall, winter",
    "morning, noon|midday, afternoon, evening, night",
    "first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth",
    "one, two, three, four, five, six, seven, eight, nine, ten",
    "i, ii, iii, iv, v, vi, vii, viii, ix, x, xi, xii",
    "bronze, silver, gold, platinum, diamond",
    "baby|infant, toddler, child, teenager|teen|adolescent, young adult, adult, senior|elderly",
    "beginner|novice, intermediate, advanced, expert",
    "primary|elementary, lower secondary|middle school, secondary|high school, some college, associate, bachelor|"
    "bachelors|bachelor's, master|masters|master's, doctorate|phd",
    "easy, medium|moderate|normal, hard|difficult, very hard|very difficult|expert",
    "young, middle-aged|middle aged|middle, old",
    "slow, medium|moderate, fast",
    "cold, cool, mild|warm, hot",
    "light, medium|moderate, heavy",
    "short, medium|average, tall|long",
    "low, middle|medium, upper|high",
    "lower, middle, upper",
    "bottom, middle, top",
    "no, maybe|perhaps|unsure, yes",
    "false, true",
    "no, yes",
)


def _fold(level: str) -> str:
    return " ".join(level.casefold().replace("_", " ").replace("-", " ").split()).rstrip(".")


_RANKS = tuple(
    {_fold(name): rank for rank, names in enumerate(scale.split(",")) for name in names.split("|")} for scale in _SCALES
)
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_BELOW = re.compile(r"(?:<|≤|under|below|less than|up to|bis|unter)", re.IGNORECASE)
_FIRST_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_DIGITS = re.compile(r"([0-9]+)")
MAX_SCALE = 30


def order_levels(levels: Iterable[str], given: Sequence[str] | None = None) -> tuple[str, ...]:
    """Sort levels: in the given order, by their numbers, by a known scale such as low to high, or in natural order.

    Natural order is alphabetical, except that numbers inside the text are compared as numbers (`Grade 2` < `Grade 10`).
    """
    levels = list(dict.fromkeys(levels))
    if given is not None:
        place = {level: position for position, level in enumerate(given)}
        return tuple(sorted(levels, key=lambda level: (place.get(level, len(place)), level)))
    if all(_NUMBER.fullmatch(level) for level in levels):
        return tuple(sorted(levels, key=lambda level: (float(level), level)))
    if len(levels) <= MAX_SCALE:
        names = [_fold(level) for level in levels]
        for known in _RANKS:
            if all(name in known for name in names):
                order = sorted(range(len(levels)), key=lambda place: (known[names[place]], levels[place]))
                return tuple(levels[place] for place in order)
        if all(_FIRST_NUMBER.search(level) for level in levels) and any(_BELOW.match(level) for level in levels):
            return tuple(sorted(levels, key=_key_of_range))
    return tuple(sorted(levels, key=_natural_key))


def _key_of_range(level: str) -> tuple[float, int, str]:
    """Return the sort key of a range. An open range comes first: `<5` is before `5-10`."""
    found = _FIRST_NUMBER.search(level)
    assert found is not None
    return float(found.group()), 0 if _BELOW.match(level) else 1, level


def _natural_key(level: str) -> tuple[list[tuple[int, int, str]], str]:
    parts = _DIGITS.split(level.casefold())
    key = [
        (0, int(part[:300]), "") if place % 2 else (1, 0, part) for place, part in enumerate(parts) if part or place % 2
    ]
    return key, level
