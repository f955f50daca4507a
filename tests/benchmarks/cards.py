"""Where the cards of runs lead: the experiment of every card, followed over twenty seeds from many specs on each table.

An experiment may not lower the score that its card says to judge by, beyond the seeds' noise, and never leads back.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import django

from tests.benchmarks.report import report
from tests.training.walk import TABLES, Walk, judge, walk_table

SEEDS = range(20)
PROCESSES = 2


def measure(seeds: Sequence[int] = SEEDS, tables: Sequence[str] = TABLES) -> bool:
    walk = Walk()
    print(
        "\n| table | card | experiments | seeds | score before | after | gain, with all intervals at once 95 % sure |"
    )
    print("|---|---|---|---|---|---|---|", flush=True)
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), django.setup) as pool:
        for part in pool.map(walk_table, tables, [seeds] * len(tables)):
            walk.add(part)
    judged = judge(walk)
    for each in judged:
        if each.gain is not None:
            gain, metric = each.gain, each.metric.replace("_", " ")
            print(
                f"| {each.table} | {each.finding.replace('_', ' ')} | {each.experiments} | {each.seeds} | {metric} "
                f"{gain.other_mean:.3f} | {gain.mean:.3f} | {gain.gain:+.3f} ± {gain.margin:.3f} |"
            )
    print(f"\ncards shown: {dict(sorted(walk.shown.items()))}\n")
    for fault in (*walk.led_back, *walk.contradictions, *walk.unfinished):
        print(fault, file=sys.stderr)
    runs = f"{len(walk.steps):,} experiments"
    lowered = sum(each.is_lowered for each in judged)
    holds = [
        report(f"cards: {runs}, kinds on a table that lower the score", str(lowered), "0", lowered == 0),
        report("cards: experiments that lead back", str(len(walk.led_back)), "0", not walk.led_back),
        report("cards: all is well beside another card", str(len(walk.contradictions)), "0", not walk.contradictions),
        report("cards: experiments that fail or never end", str(len(walk.unfinished)), "0", not walk.unfinished),
    ]
    return all(holds)
