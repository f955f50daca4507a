"""Looks at the logs of runs: one for all who ask at about the same time."""

from __future__ import annotations

import asyncio
from unittest import mock

from asgiref.sync import sync_to_async
from django.db import DatabaseError

from tests.training.cases import RunTestCase, create_run
from training import runs
from training.consumers import watching


class GrowthTests(RunTestCase):
    async def test_many_who_ask_together_are_one_query_and_each_hears_of_its_runs(self):
        run_ids = [await sync_to_async(create_run)() for _ in range(3)]
        with mock.patch("training.runs.read_last", wraps=runs.read_last) as read:
            answers = await asyncio.gather(*(watching.find_last([run_ids[number % 3]]) for number in range(100)))
            await watching.find_last(run_ids)
        self.assertEqual(read.call_count, 2)
        for number, answer in enumerate(answers):
            self.assertEqual(answer[run_ids[number % 3]], 0)

    async def test_who_leaves_takes_the_answer_from_nobody_else(self):
        run_id = await sync_to_async(create_run)()
        leaving = asyncio.create_task(watching.find_last([run_id]))
        staying = asyncio.create_task(watching.find_last([run_id]))
        await asyncio.sleep(0)  # until both have asked
        leaving.cancel()
        self.assertEqual(await staying, {run_id: 0})

    async def test_an_outage_is_told_to_all_and_over_for_the_next(self):
        run_id = await sync_to_async(create_run)()
        with mock.patch("training.runs.read_last", side_effect=DatabaseError):
            answers = await asyncio.gather(*(watching.find_last([run_id]) for _ in range(5)), return_exceptions=True)
        self.assertEqual({type(answer) for answer in answers}, {DatabaseError})
        self.assertEqual(await watching.find_last([run_id]), {run_id: 0})
