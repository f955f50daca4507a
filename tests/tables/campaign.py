"""Try generated files for a time, and keep the smallest file for each kind of fault."""

from __future__ import annotations

import re
import traceback
import warnings
from dataclasses import dataclass, field
from time import monotonic

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.tables.outcome import try_file
from tests.tables.strategies import File, Wishes, files, wishes

EXAMPLES_PER_ROUND = 200


@dataclass
class Campaign:
    """`codes` counts outcomes by the code of the refusal, `""` for files that trained. `faults` maps kinds to files."""

    codes: dict[str, int] = field(default_factory=dict)
    faults: dict[str, tuple[File, Wishes]] = field(default_factory=dict)

    def try_one(self, file: File, wishes: Wishes) -> None:
        """Try a file with the wishes of a user, and record the outcome."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                outcome = try_file(file, wishes)
            except Exception as error:
                # Any exception that is no refusal would be an internal error of the product.
                place = _find_place(error)
                self._record(f"{type(error).__name__} in {place}: {str(error)[:100]}", file, wishes)
                return
        self.codes[outcome.code] = self.codes.get(outcome.code, 0) + 1
        for fault in outcome.faults:
            self._record(re.sub(r"^(['\"]).*\1(?= )", "a column", fault), file, wishes)

    def _record(self, fault: str, file: File, wishes: Wishes) -> None:
        kind = re.sub(r"\d+", "N", fault)
        known = self.faults.get(kind)
        if known is None or len(file.content) < len(known[0].content):
            self.faults[kind] = (file, wishes)


def _find_place(error: Exception) -> str:
    """Return the module and function of the product that raised the error."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/training/" in frame.filename] or frames
    return f"{own[-1].filename.rsplit('/', 1)[-1]}:{own[-1].name}"


def run_campaign(seconds: float, first_seed: int = 0) -> Campaign:
    """Try generated files for so many seconds. The same seed gives the same files in the same order."""
    campaign = Campaign()
    deadline = monotonic() + seconds
    number = first_seed
    while monotonic() < deadline:

        @seed(number)
        @settings(
            max_examples=EXAMPLES_PER_ROUND,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(files(), wishes())
        def try_all(file: File, wished: Wishes) -> None:
            if monotonic() < deadline:
                campaign.try_one(file, wished)

        try_all()
        number += 1
    return campaign
