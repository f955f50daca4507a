"""Notes about columns of dates and times, and about columns that hold many dates and are read as labels."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from babel import Locale

from training.datasets.formats.date_like import looks_like_date
from training.datasets.formats.date_words import translate_date
from training.datasets.formats.dates import FoundDates
from training.datasets.formats.durations import FoundDurations
from training.datasets.formats.notes.wording import SHOWN, choose_word, get_example
from training.datasets.formats.remedies import locate, offer, offer_types
from training.datasets.formats.text import Text
from training.messages.problems import Problem
from training.problems import build_problem
from training.spec import ColumnType

_OFFSET = r"[+-][0-9]{2}:?[0-9]{2}"
_ZONE = rf"(?:[0-9]|[AaPp]\.?[Mm]\.?)(?: ?[Zz]| ?UTC| {_OFFSET})$|:[0-9]{{2}}(?:\.[0-9]+)?{_OFFSET}$"


def note_dates(name: str, dates: FoundDates, text: Text) -> tuple[Problem, ...]:
    """Report how dates are read: an open order of day and month, short years, and conversions to UTC."""
    found: tuple[Problem, ...] = ()
    if dates.is_open:
        example = next((cell for cell in text.distinct if cell[:1].isdecimal()), "")
        found += (
            build_problem(
                "ambiguous_date",
                locate(name),
                f"In {name!r}, no cell tells the day from the month: {example[:SHOWN]!r}, for example.",
                "Choose whether the day or the month comes first, or leave the column out.",
                choices=[
                    offer("The day comes first", name, day_first=True),
                    offer("The month comes first", name, day_first=False),
                    offer("Leave the column out", name, type=ColumnType.IGNORED.value),
                ],
            ),
        )
    if dates.has_short_years:
        found += (
            build_problem(
                "two_digit_years",
                locate(name),
                f"The years in {name!r} have two digits: 69 to 99 are read as 1969 to 1999, 00 to 68 as 2000 to 2068.",
                "Write years with four digits if that is wrong.",
            ),
        )
    if dates.lacks_days:
        example = next(cell for cell in text.distinct if any(map(str.isdecimal, cell)))
        found += (
            build_problem(
                "month_dates",
                locate(name),
                f"Cells of {name!r} such as {example[:SHOWN]!r} name a month: they are read as its first day.",
                "Set the type of the column to category to keep the cells as they are written.",
            ),
        )
    return found + _note_months(name, dates, text) + _note_time_zones(name, dates, text)


def _note_months(name: str, dates: FoundDates, text: Text) -> tuple[Problem, ...]:
    """Report that names of months are not English, with the language that they are taken for."""
    if not dates.languages or "en" in dates.languages:
        return ()
    words = dict(dates.format.words)
    example = next((cell for cell in text.distinct if translate_date(cell, words) not in (cell, "")), "")
    language = Locale.parse(dates.languages[0]).english_name
    message = (
        f"In {name!r}, the words of dates are read as {language}: {example[:SHOWN]!r} as "
        f"{translate_date(example, words)!r}."
    )
    return (build_problem("month_names", locate(name), message, "Write dates like 2026-01-31 if that is wrong."),)


def _note_time_zones(name: str, dates: FoundDates, text: Text) -> tuple[Problem, ...]:
    """Report times that are converted to UTC, and times without a zone that count as UTC."""
    written = cells = text.encoded.dictionary
    if words := dict(dates.format.words):
        cells = pa.array([translate_date(cell, words) for cell in text.distinct], pa.large_string())
    timed = pc.match_substring_regex(cells, r"[0-9]:[0-9]{2}")
    ends_in_zone = pc.match_substring_regex(cells, _ZONE)
    zoned = written.filter(ends_in_zone)
    shifted = pc.sum(pc.match_substring_regex(cells.filter(ends_in_zone), f"{_OFFSET}$")).as_py()
    bare = pc.sum(pc.and_not(timed, ends_in_zone)).as_py() or 0
    if not len(zoned) or not (shifted or bare):
        return ()
    example = zoned[0].as_py()
    meant = f" ({translate_date(example, words)})" if words else ""
    message = f"In {name!r}, times with a time zone such as {example[:SHOWN]!r}{meant} are converted to UTC."
    if bare:
        message += f" Those without one ({bare:,} {choose_word(bare, 'value', 'different values')}) count as UTC too."
    hint = "Write all times in one zone and leave it out to keep the hours as they are written."
    return (build_problem("time_zones", locate(name), message, hint),)


def note_compact_dates(name: str, text: Text) -> tuple[Problem, ...]:
    """Report whole numbers that are read as dates."""
    example = next(cell for cell in text.distinct if cell[:1].isdecimal())
    return (
        build_problem(
            "compact_dates",
            locate(name),
            f"The numbers of {name!r}, such as {example!r}, are read as dates: year, month and day.",
            "Set the type of the column to number if they are no dates.",
            choices=offer_types(name, {ColumnType.DATE: "Dates", ColumnType.NUMBER: "Numbers"}),
        ),
    )


def note_mostly_dates(name: str, dates: FoundDates, text: Text) -> tuple[Problem, ...]:
    """Report why a column with many dates is read as labels."""
    lost = dates.format.find_unreadable(text, dates.format.read(text))
    if not lost.any():
        return ()
    return (
        build_problem(
            "mostly_dates",
            locate(name),
            f"Many cells of {name!r} are dates, and others are not, or have day and month in another order: "
            f"{get_example(text, lost)!r}, for example. The column is read as text.",
            "Write all dates alike; or set the type of the column to date, and the other cells count as missing.",
            choices=offer_types(
                name, {ColumnType.DATE: "Dates: other cells count as missing", ColumnType.CATEGORY: "Text"}
            ),
        ),
    )


def note_unread_dates(name: str, text: Text) -> tuple[Problem, ...]:
    """Report a column that is read as labels, although its cells look like dates or times."""
    cells = [cell for cell in text.distinct if looks_like_date(cell)]
    count = int(text.is_in(cells).sum())
    return (
        build_problem(
            "unread_dates",
            locate(name),
            f"In {name!r}, {count:,} {choose_word(count, 'cell', 'cells')} such as {cells[0][:SHOWN]!r} "
            f"{choose_word(count, 'looks like a date or a time', 'look like dates or times')} in a form that is not "
            "read, such as a time zone, a month or a quarter. The column is read as text.",
            "Write dates like 2026-01-31, and a time zone like +01:00, to have them read; or keep the cells as text.",
            choices=offer_types(
                name, {ColumnType.CATEGORY: "Keep the cells as text", ColumnType.IGNORED: "Leave the column out"}
            ),
        ),
    )


def note_durations(name: str, durations: FoundDurations, text: Text) -> tuple[Problem, ...]:
    """Report that durations or times of day are read as seconds."""
    form = durations.format
    example = next((cell for cell in text.distinct if ":" in cell or cell[-1:] in "mM"), "")
    if form.of_day:
        meaning = "a time of day, in seconds since midnight"
    elif durations.is_open:
        meaning = "hours and minutes" if form.two_parts == "h:m" else "minutes and seconds"
        meaning = f"a duration in {meaning}, as seconds"
    else:
        meaning = "a duration, in seconds"
    return (
        build_problem(
            "time_values",
            locate(name),
            f"In {name!r}, {example[:SHOWN]!r} is read as {meaning}.",
            "Set the type of the column to category to keep the cells as they are written.",
        ),
    )
