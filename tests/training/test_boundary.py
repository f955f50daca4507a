"""The boundary that is watched: of which columns, asked when, at no cost to the training, and each frame sent once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import numpy as np
import pandas as pd
import torch
from asgiref.sync import sync_to_async
from django.test import SimpleTestCase
from pydantic import ValidationError

from playground.routing import build_application
from tests.sockets import open_socket
from tests.training.cases import ALICE, EngineTestCase, RunTestCase, create_run, wait_until_over
from tests.training.data import builtin_data, csv_data
from training import runs, share_links
from training.datasets.grid import STEPS, Grid, build_grid
from training.datasets.preprocessing import PreparedData
from training.datasets.sources import Builtin
from training.jobs.jobs import TrainJob
from training.limits import Limits
from training.messages.boundary import ALPHABET, TrainingBoundary
from training.models import RunEvent, TrainingRun
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.networks.layers import parse_layer
from training.trainers.networks.network import build_network
from training.trainers.networks.predict import predict_in_training
from training.trainers.preflight import check
from training.trainers.train import train
from training.trainers.trained import TrainedModel
from training.work import snapshots
from training.work.execute import execute
from training.work.snapshots import KEY_EPOCHS, MAX_FRAMES, MESSAGE_INTERVAL, Snapshots, find_key_epochs

MIXED = "height,colour,weight,age,y\n" + "".join(
    f"{n * 11 % 71},{'red' if n % 3 else 'blue'},{n * 7 % 50},{'' if n % 4 == 0 else n % 30},{'ab'[n * 7 % 50 > 25]}\n"
    for n in range(90)
)
MAX_FRAME_BYTES = 4_000
LAYERS = ("Linear(8)", "BatchNorm1d()", "ReLU()", "Dropout(0.5)", "Linear(2)")


def completed(data: PreparedData, **fields: Any) -> TrainingSpec:
    return complete(TrainingSpec(seed=0, **fields), data.plan)


def train_job(**fields: Any) -> list[Any]:
    """Return the events that a worker emits for a run on a built-in table."""
    spec = TrainingSpec.model_validate({"seed": 0, **fields})
    messages: list[Any] = []
    execute(TrainJob(uuid4(), spec, Builtin(str(spec.default)), Limits()), messages.extend, lambda: False)
    return messages


def boundaries_of(messages: list[Any]) -> list[TrainingBoundary]:
    return [message for message in messages if isinstance(message, TrainingBoundary)]


class ColumnTests(SimpleTestCase):
    def test_a_table_of_just_two_numbers_is_watched_by_itself_and_no_other(self):
        self.assertEqual(completed(builtin_data("MOONS")).boundary, ("x1", "x2"))
        self.assertIsNone(completed(builtin_data("IRIS")).boundary)
        two = "height,weight,{}y\n" + "".join(f"{n * 3 % 37},{n % 7},{{}}{'ab'[n % 2]}\n" for n in range(40))
        self.assertEqual(completed(csv_data(two.format(*[""] * 41), target="y")).boundary, ("height", "weight"))
        with_category = csv_data(two.format("colour,", *["red,", "blue,"] * 20), target="y")
        self.assertIsNone(completed(with_category).boundary)

    def test_other_columns_are_watched_when_they_are_asked_for(self):
        asked = ("petal width (cm)", "sepal length (cm)")
        data = builtin_data("IRIS")
        self.assertEqual(completed(data, boundary=asked).boundary, asked)
        self.assertEqual(check(TrainingSpec(boundary=asked), data.plan, Limits()).problems, [])
        self.assertIsNone(TrainingSpec.model_validate({"boundary": []}).boundary)  # as a form may send it

    def test_columns_that_cannot_be_watched_are_a_problem_with_a_fix(self):
        data = csv_data(MIXED, target="y", seed=0)
        for asked, said in (
            (("height", "colour"), "'colour'"),
            (("nowhere", "height"), "'nowhere'"),
            (("height", "y"), "'y'"),
            (("height", "height"), "given twice"),
        ):
            with self.subTest(asked=asked):
                problems = check(TrainingSpec(boundary=asked), data.plan, Limits()).problems
                (problem,) = [each for each in problems if each.code == "bad_boundary"]
                self.assertEqual((problem.level, problem.where), ("error", "boundary"))
                self.assertIn(said, problem.message)
                self.assertEqual([(step.op, step.path) for step in problem.fix], [("remove", "/boundary")])
        left_out = csv_data(MIXED, target="y", seed=0, features=("height", "age"))
        spec = TrainingSpec(boundary=("height", "weight"), features=("height", "age"))
        self.assertIn("bad_boundary", [each.code for each in check(spec, left_out.plan, Limits()).problems])

    def test_it_takes_two_columns_and_not_another_number_of_them(self):
        for asked in (["x1"], ["x1", "x2", "x3"], "x1", [1, 2]):
            with self.subTest(asked=asked), self.assertRaises(ValidationError):
                TrainingSpec.model_validate({"boundary": asked})


class GridTests(SimpleTestCase):
    def test_all_other_columns_stay_at_their_usual_value(self):
        data = csv_data(MIXED, target="y", seed=0)
        grid = build_grid(data, ("weight", "height"))
        rows = data.plan.frame.iloc[data.plan.train]
        usual = {"age": rows["age"].median(), "colour": rows["colour"].mode()[0]}
        self.assertEqual(usual["colour"], "red")
        across = np.linspace(grid.x.minimum, grid.x.maximum, STEPS)
        up = np.linspace(grid.y.minimum, grid.y.maximum, STEPS)
        cells = pd.DataFrame([{"weight": a, "height": b, **usual} for b in up for a in across])
        np.testing.assert_array_equal(grid.X, data.preparation.transform(cells))

    def test_it_reaches_a_little_beyond_the_training_rows_some_of_which_are_shown(self):
        data = csv_data(MIXED, target="y", seed=0)
        grid = build_grid(data, ("age", "weight"))
        rows = data.plan.frame.iloc[data.plan.train]
        for axis in (grid.x, grid.y):
            self.assertLess(axis.minimum, rows[axis.name].min())
            self.assertGreater(axis.maximum, rows[axis.name].max())
            self.assertLess(axis.maximum - axis.minimum, 1.2 * (rows[axis.name].max() - rows[axis.name].min()))
        known = rows.dropna(subset=["age"])
        expected = {(row["age"], row["weight"], float("ab".index(row["y"]))) for _, row in known.iterrows()}
        self.assertEqual(set(grid.points), expected)
        self.assertLess(len(known), len(rows))

    def test_of_many_rows_some_are_shown_and_a_column_that_never_changes_has_a_range(self):
        many = csv_data(
            "a,b,y\n" + "".join(f"{n},7,{n}\n" for n in range(2_000)), target="y", problem_type="regression"
        )
        grid = build_grid(many, ("a", "b"))
        self.assertTrue(100 < len(grid.points) <= 200)
        self.assertLess(grid.y.minimum, 7)
        self.assertGreater(grid.y.maximum, 7)

    def test_a_cell_is_a_probability_of_two_classes_an_index_of_more_and_a_level_of_a_regression(self):
        def grid(classes: tuple[str, ...] | None, values: tuple[float, float] | None) -> Grid:
            axis = build_grid(builtin_data("MOONS"), ("x1", "x2")).x
            return Grid(axis, axis, np.zeros((5, 2)), classes, values, [])

        second = np.array([0.0, 0.4999, 0.5, 0.75, 1.0])
        two = grid(("a", "b"), None).encode(second.round().astype(int), np.column_stack([1 - second, second]))
        self.assertEqual([ALPHABET.index(cell) for cell in two], [0, 31, 32, 48, 63])
        three = grid(("a", "b", "c"), None).encode(np.array([0, 1, 2, 1, 0]), np.full((5, 3), 1 / 3))
        self.assertEqual(three, "ABCBA")
        level = grid(None, (10.0, 73.0)).encode(np.array([-5.0, 10.0, 11.0, 72.6, 1e9]), None)
        self.assertEqual([ALPHABET.index(cell) for cell in level], [0, 0, 1, 63, 63])


class Clock:
    """Replaces the clock of `snapshots` alone."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def perf_counter(self) -> float:
        return self.now


class SnapshotTests(SimpleTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        patcher = patch.object(snapshots, "time", self.clock)
        patcher.start()
        self.addCleanup(patcher.stop)
        self.sent: list[tuple[float, TrainingBoundary]] = []

    def follow(self, epochs: int, seconds: float, *, cost: float = 0.0) -> None:
        """A run whose epochs take so long, and in which asking the model does."""
        data = builtin_data("MOONS")

        def emit(messages: list[Any]) -> None:
            self.sent += [(self.clock.now, message) for message in messages]

        hear = Snapshots(uuid4(), data, completed(data, epochs=epochs), emit).find_listener()
        assert hear is not None

        def answer(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            self.clock.now += cost
            return np.zeros(len(X), np.int64), np.tile([0.25, 0.75], (len(X), 1))

        for epoch in range(1, epochs + 1):
            self.clock.now += seconds
            hear(epoch, answer)

    @property
    def epochs(self) -> list[int]:
        return [frame.epoch for _, message in self.sent for frame in message.frames]

    def test_key_epochs_are_spread_over_the_run_and_denser_early(self):
        for epochs in (1, 2, 10, 100, 5_000, 1_000_000):
            keys = find_key_epochs(epochs)
            self.assertEqual(keys, sorted(set(keys)))
            self.assertEqual((keys[0], keys[-1]), (1, epochs))
            self.assertLessEqual(len(keys), KEY_EPOCHS)
            gaps = np.diff(keys)
            self.assertTrue((gaps[1:] >= gaps[:-1] - 1).all(), keys)
        self.assertGreater(len(find_key_epochs(5_000)), KEY_EPOCHS - 3)

    def test_a_fast_run_sends_its_key_epochs_together(self):
        self.follow(100, 0.0001)
        self.assertEqual(self.epochs, [1])  # the others wait for a message, which the run's end brings along
        self.follow(100, 0.02)
        self.assertTrue(set(find_key_epochs(100)[:-1]) <= set(self.epochs))

    def test_there_are_five_messages_a_second_at_most(self):
        self.follow(4_000, 0.01)
        times = [at for at, _ in self.sent]
        self.assertGreater(len(times), 50)
        self.assertGreaterEqual(min(np.diff(times)), MESSAGE_INTERVAL - 1e-9)

    def test_a_slow_run_is_looked_at_five_times_a_second_and_then_less_and_less(self):
        self.follow(20_000, 0.05)  # a thousand seconds
        before, after = (sum(at <= 1_000 + until for at, _ in self.sent) for until in (8, 1_000))
        self.assertTrue(30 <= before <= 60, before)
        self.assertTrue(before < after <= MAX_FRAMES, after)

    def test_what_is_stored_of_a_run_is_bounded_however_long_it_takes(self):
        self.follow(60_000, 60.0)
        self.assertEqual(len(self.epochs), MAX_FRAMES)
        self.assertEqual(len(self.sent), MAX_FRAMES)

    def test_a_model_that_is_slow_to_ask_is_asked_less_often(self):
        self.follow(10_000, 0.05, cost=1.0)
        asked = len(self.epochs) - KEY_EPOCHS
        self.assertLess(asked * 1.0, 0.06 * 10_000 * 0.05 + 1)

    def test_a_message_says_the_points_once_and_a_frame_is_small(self):
        self.follow(1_000, 0.05)
        self.assertEqual([bool(message.points) for _, message in self.sent], [True] + [False] * (len(self.sent) - 1))
        for _, message in self.sent:
            for frame in message.frames:
                self.assertEqual(len(frame.cells), STEPS * STEPS)
                self.assertLess(len(frame.model_dump_json()), MAX_FRAME_BYTES)

    def test_a_run_without_a_boundary_has_nothing_that_listens(self):
        data = builtin_data("IRIS")
        quiet = Snapshots(uuid4(), data, completed(data), self.fail)
        self.assertIsNone(quiet.find_listener())
        self.assertEqual(quiet.take(), [])


class UndisturbedTests(SimpleTestCase):
    """Asked after every epoch, or never: the same model, bit for bit."""

    def train_twice(self, data: PreparedData, axes: tuple[str, str], **fields: Any) -> tuple[Any, Any]:
        grid, spec = build_grid(data, axes), completed(data, **fields)
        asked = []

        def look(epoch: int, answer: Callable[..., Any]) -> None:
            asked.append(epoch)
            grid.encode(*answer(grid.X))

        watched = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False, on_model=look)
        alone = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
        self.assertEqual(asked, [row.epoch for row in watched.epochs])
        return watched, alone

    def test_a_network_learns_the_same_in_both_loops(self):
        for trainer in ("compiled", "autograd"):
            for patience in (None, 3):
                with self.subTest(trainer=trainer, patience=patience):
                    watched, alone = self.train_twice(
                        builtin_data("MOONS"),
                        ("x1", "x2"),
                        user_arch=LAYERS,
                        epochs=25,
                        trainer=trainer,
                        patience=patience,
                    )
                    self.assertEqual(watched.auxiliary.trainer, trainer)
                    for (name, one), other in zip(
                        watched.model.state_dict().items(), alone.model.state_dict().values(), strict=True
                    ):
                        self.assertTrue(torch.equal(one, other), name)
                    np.testing.assert_array_equal(watched.probabilities, alone.probabilities)
                    self.assertEqual(
                        [(row.train_loss, row.test_loss) for row in watched.epochs],
                        [(row.train_loss, row.test_loss) for row in alone.epochs],
                    )

    def test_asking_draws_no_number_counts_no_batch_and_leaves_each_layer_in_its_mode(self):
        data = builtin_data("MOONS")
        torch.manual_seed(0)
        network = build_network([parse_layer(layer) for layer in LAYERS], 2)
        network[1].eval()
        state = torch.get_rng_state()
        before = {name: value.clone() for name, value in network.state_dict().items()}
        spec = completed(data, user_arch=LAYERS)
        first, _ = predict_in_training(network, data.X_test, spec, data.preparation)
        again, _ = predict_in_training(network, data.X_test, spec, data.preparation)
        np.testing.assert_array_equal(first, again)
        self.assertTrue(torch.equal(torch.get_rng_state(), state))
        self.assertEqual([module.training for module in network], [True, False, True, True, True])
        for name, value in network.state_dict().items():
            self.assertTrue(torch.equal(value, before[name]), name)

    def test_an_estimator_learns_the_same_step_by_step(self):
        classifiers = ("RandomForestClassifier", "HistGradientBoostingClassifier", "MLPClassifier(max_iter=20)")
        for table, axes, models in (
            ("MOONS", ("x1", "x2"), classifiers),
            ("DIABETES", ("bmi", "s5"), ("HistGradientBoostingRegressor", "ExtraTreesRegressor")),
        ):
            for model in models:
                with self.subTest(model=model):
                    watched, alone = self.train_twice(builtin_data(table), axes, user_model=model)
                    self.assertGreater(len(watched.epochs), 1)
                    np.testing.assert_array_equal(watched.predictions, alone.predictions)
                    if watched.probabilities is not None:
                        np.testing.assert_array_equal(watched.probabilities, alone.probabilities)
                    self.assertEqual(vars(watched.model).keys(), vars(alone.model).keys())


class RunFrameTests(SimpleTestCase):
    def test_the_frames_of_a_run_come_before_its_result_and_show_it_learning(self):
        messages = train_job(default="MOONS", epochs=60)
        names = [getattr(message, "event_name", "") for message in messages]
        self.assertLess(
            max(i for i, name in enumerate(names) if name == "trainingBoundary"), names.index("trainingResult")
        )
        frames = [frame for message in boundaries_of(messages) for frame in message.frames]
        self.assertGreater(len(frames), 12)
        self.assertEqual([frame.order for frame in frames], sorted({frame.order for frame in frames}))
        self.assertEqual([frame.final for frame in frames], [False] * (len(frames) - 1) + [True])
        self.assertEqual(frames[-1].epoch, 60)
        self.assertGreater(len({frame.cells for frame in frames}), 10)

    def test_the_last_frame_is_of_the_model_that_is_kept_after_early_stopping(self):
        data = builtin_data("MOONS")
        spec = completed(data, epochs=400, patience=3, learning_rate=0.05)
        sent: list[Any] = []
        watching = Snapshots(uuid4(), data, spec, sent.extend)
        outcome = train(
            data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False, on_model=watching.find_listener()
        )
        stopped = outcome.auxiliary.early_stopping
        self.assertLess(stopped.kept_epoch, stopped.stopped_after)
        sent += watching.finish(outcome)
        *_, last = [frame for message in boundaries_of(sent) for frame in message.frames]
        grid = build_grid(data, ("x1", "x2"))
        kept = grid.encode(*TrainedModel(spec, data.preparation, outcome.model).answer_prepared(grid.X))
        self.assertEqual((last.final, last.epoch, last.cells), (True, stopped.stopped_after, kept))

    def test_every_kind_of_problem_and_model_has_frames(self):
        for fields, n_classes in (
            ({"default": "IRIS", "boundary": ["petal length (cm)", "petal width (cm)"]}, 3),
            ({"default": "DIABETES", "boundary": ["bmi", "s5"], "epochs": 3}, None),
            ({"default": "MOONS", "user_arch": ["Linear(1)"], "criterion": "BCEWITHLOGITSLOSS", "epochs": 3}, 2),
            ({"default": "SPIRAL", "user_model": "GradientBoostingClassifier"}, 2),
            ({"default": "SPIRAL", "user_model": "SVC"}, 2),
        ):
            with self.subTest(fields=fields):
                messages = boundaries_of(train_job(**fields))
                self.assertTrue(messages[-1].frames[-1].final)
                self.assertEqual(messages[0].classes and len(messages[0].classes), n_classes)
                self.assertEqual(messages[0].values is None, n_classes is not None)
                self.assertGreater(len(set(messages[-1].frames[-1].cells)), 1)

    def test_a_run_on_another_table_sends_none(self):
        self.assertEqual(boundaries_of(train_job(default="IRIS", epochs=3)), [])


def boundary(run_id: UUID, *orders: tuple[int, bool], points: bool = False) -> TrainingBoundary:
    axis = {"name": "x1", "minimum": 0.0, "maximum": 1.0, "steps": 2}
    frames = [{"epoch": epoch, "cells": "AAAA", "final": final} for epoch, final in orders]
    return TrainingBoundary.model_validate(
        {"run_id": run_id, "x": axis, "y": axis, "points": [(0, 0, 1)] if points else [], "frames": frames}
    )


class RecordTests(RunTestCase):
    def stored(self, run_id: UUID) -> list[dict[str, Any]]:
        return list(RunEvent.objects.filter(run_id=run_id).order_by("seq").values_list("data", flat=True))

    def test_a_second_attempt_repeats_no_frame_and_no_points(self):
        run_id = create_run()
        claim = runs.claim_next("first")
        runs.record(claim, [boundary(run_id, (1, False), points=True)])
        runs.record(claim, [boundary(run_id, (2, False), (5, False))])
        runs.give_back(claim)
        claim = runs.claim_next("second")
        runs.record(claim, [boundary(run_id, (1, False), points=True)])
        runs.record(claim, [boundary(run_id, (4, False), (5, False), (7, False))])
        # In one write, as an engine that fell behind does it.
        runs.record(claim, [boundary(run_id, (8, False)), boundary(run_id, (8, False), (8, True))])
        stored = self.stored(run_id)
        orders = [(frame["epoch"], frame["final"]) for data in stored for frame in data["frames"]]
        self.assertEqual(orders, [(1, False), (2, False), (5, False), (7, False), (8, False), (8, True)])
        self.assertEqual([bool(data["points"]) for data in stored], [True] + [False] * (len(stored) - 1))
        self.assertEqual([data["seq"] for data in stored], list(range(1, len(stored) + 1)))


class StreamTests(EngineTestCase):
    async def test_frames_arrive_on_the_socket_and_are_replayed_to_whoever_comes_later(self):
        async with open_socket(build_application()) as socket:
            run_id = (await socket.ask("runTraining", default="MOONS", epochs=30))["data"]["run_id"]
            live = [
                frame["data"] for frame in await socket.receive_until("trainingResult") if "frames" in frame["data"]
            ]
            await socket.send("watchTraining", run_id=run_id, after_seq=0)
            again = [
                frame["data"] for frame in await socket.receive_until("trainingResult") if "frames" in frame["data"]
            ]
        self.assertEqual(live, again)
        self.assertEqual((live[0]["x"]["name"], live[0]["classes"]), ("x1", ["blue", "orange"]))
        self.assertTrue(live[0]["points"])
        self.assertTrue(live[-1]["frames"][-1]["final"])

    async def test_a_stranger_with_a_link_sees_the_boundary_and_no_row_of_anothers_table(self):
        rows = [{"height": n * 7 % 53, "weight": n % 7, "y": "ab"[n * 7 % 53 >= 30]} for n in range(60)]
        for shown, fields in ((False, {"default": None, "csvData": rows, "target": "y"}), (True, {"default": "MOONS"})):
            with self.subTest(shown=shown):
                run_id = await sync_to_async(create_run)(ALICE, epochs=3, **fields)
                await sync_to_async(wait_until_over)(run_id)
                url = await sync_to_async(lambda id_: share_links.share(TrainingRun.objects.get(pk=id_)))(run_id)
                async with open_socket(build_application()) as socket:
                    await socket.send("watchTraining", run_id=str(run_id), token=url.split("/")[2])
                    frames = [each["data"] for each in await socket.receive_until("trainingResult")]
                seen = [data for data in frames if "frames" in data]
                self.assertEqual(any(data["points"] for data in seen), shown)
                self.assertTrue(seen[-1]["frames"][-1]["final"])
                stored = await sync_to_async(list)(RunEvent.objects.filter(run_id=run_id, event="trainingBoundary"))
                self.assertTrue(json.dumps(stored[0].data["points"]) != "[]")
