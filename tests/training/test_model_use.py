"""A finished run's model over the socket: predictions, rows behind the confusion matrix, insights; and strangers."""

from __future__ import annotations

import csv
import io
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command

from playground.routing import build_application
from tests.sockets import new_guest, open_socket
from tests.training.cases import EngineTestCase, create_run, wait_until_files
from tests.training.texts import write_reviews
from training.models import Dataset, TrainingRun

APPLICATION = build_application()
IRIS_ROW = {
    "sepal length (cm)": 5.1,
    "sepal width (cm)": 3.5,
    "petal length (cm)": 1.4,
    "petal width (cm)": 0.2,
}


async def train(socket, **fields) -> list[dict]:
    """A whole run's frames."""
    frame = await socket.ask("runTraining", seed=0, **fields)
    assert frame["event"] == "trainingQueued", frame
    return await socket.receive_until("trainingArtifacts", "error")


class PredictTests(EngineTestCase):
    async def test_a_network_and_an_estimator_answer_with_labels_and_probabilities(self):
        async with open_socket(APPLICATION) as socket:
            for model in ({"epochs": 60}, {"user_model": "RandomForestClassifier(n_estimators=20)"}):
                run_id = (await train(socket, default="IRIS", **model))[-1]["data"]["run_id"]
                data = (await socket.ask("predict", run_id=run_id, rows=[IRIS_ROW, {} | IRIS_ROW]))["data"]
                self.assertEqual((data["run_id"], data["target"]), (run_id, "species"))
                self.assertEqual([row["prediction"] for row in data["predictions"]], ["setosa", "setosa"])
                probabilities = data["predictions"][0]["probabilities"]
                self.assertEqual(set(probabilities), {"setosa", "versicolor", "virginica"})
                self.assertAlmostEqual(sum(probabilities.values()), 1)

    async def test_a_regression_answers_in_the_targets_units(self):
        async with open_socket(APPLICATION) as socket:
            frames = await train(socket, default="DIABETES", epochs=40)
            run_id = frames[-1]["data"]["run_id"]
            frame = await socket.ask(
                "predict", run_id=run_id, rows=[{"bmi": 0.1, "s5": 0.1}, {"bmi": -0.1, "s5": -0.1}]
            )
            high, low = (row["prediction"] for row in frame["data"]["predictions"])
            self.assertGreater(high, low + 20)
            self.assertIsNone(frame["data"]["predictions"][0]["probabilities"])

    async def test_rows_that_do_not_fit_are_refused_by_place(self):
        async with open_socket(APPLICATION) as socket:
            run_id = (await train(socket, default="IRIS", epochs=2))[-1]["data"]["run_id"]
            for rows, code, where in (
                ([{"petal width": 1}], "no_known_column", "rows[0]"),
                ([{"petal width (cm)": "wide"}], "not_numbers", "rows[0].petal width (cm)"),
                ([], "invalid_data", "rows"),
                ([{"petal width (cm)": [1]}], "invalid_data", None),
            ):
                data = (await socket.ask("predict", run_id=run_id, rows=rows))["data"]
                self.assertEqual(data["code"], code)
                if where is not None:
                    self.assertEqual(data["where"], where)

    async def test_a_run_without_a_model_and_a_strangers_run_answer_nothing(self):
        async with open_socket(APPLICATION) as socket:
            frame = await socket.ask("runTraining", default="IRIS", epochs=10_000, batch_size=1)
            run_id = frame["data"]["run_id"]
            frame = await socket.ask("predict", run_id=run_id, rows=[IRIS_ROW])
            self.assertEqual(frame["data"]["code"], "run_not_finished")
            await socket.send("cancelTraining", run_id=run_id)
            await socket.receive_until("trainingCancelled")
            own = (await train(socket, default="IRIS", epochs=2))[-1]["data"]["run_id"]
        stranger = await new_guest()
        async with open_socket(APPLICATION, client=stranger) as socket:
            for asked in (own, str(uuid4())):
                for event, fields in (("predict", {"rows": [IRIS_ROW]}), ("listTestRows", {})):
                    frame = await socket.ask(event, run_id=asked, **fields)
                    self.assertEqual(frame["data"]["code"], "run_not_found")

    async def test_the_model_outlives_its_table(self):
        records = [{"x": n, "y": "ab"[n >= 30]} for n in range(60)]
        client = await new_guest()
        content = io.BytesIO(b"x,y\n" + b"".join(f"{row['x']},{row['y']}\n".encode() for row in records))
        content.name = "rows.csv"
        response = await sync_to_async(client.post)("/datasets/", {"file": content})
        dataset_id = response.json()["dataset_id"]
        async with open_socket(APPLICATION, client=client) as socket:
            run_id = (await train(socket, dataset_id=dataset_id, target="y"))[-1]["data"]["run_id"]
            await sync_to_async(Dataset.objects.filter(pk=dataset_id).delete)()
            frame = await socket.ask("predict", run_id=run_id, rows=[{"x": 3}, {"x": 57}])
            self.assertEqual([row["prediction"] for row in frame["data"]["predictions"]], ["a", "b"])
            rows = (await socket.ask("listTestRows", run_id=run_id))["data"]["rows"]
            self.assertEqual([row["values"] for row in rows], [{}] * 12)


class TestRowsTests(EngineTestCase):
    async def test_the_rows_behind_each_cell_of_the_confusion_matrix_are_paged(self):
        async with open_socket(APPLICATION) as socket:
            frames = await train(socket, default="WINE", epochs=3)
            result = next(frame["data"] for frame in frames if frame["event"] == "trainingResult")
            run_id, outputs = result["run_id"], result["auxiliary_outputs"]
            seen = []
            for actual, counts in zip(outputs["category_list"], outputs["confusion_matrix"], strict=True):
                for predicted, count in zip(outputs["category_list"], counts, strict=True):
                    page, rows = {"actual": actual, "predicted": predicted, "limit": 5}, []
                    while True:
                        data = (await socket.ask("listTestRows", run_id=run_id, offset=len(rows), **page))["data"]
                        rows += data["rows"]
                        if not data["rows"]:
                            break
                    self.assertEqual((data["total"], len(rows)), (count, count))
                    seen += [row["row"] for row in rows]
                    for row in rows:
                        self.assertEqual((row["actual"], row["predicted"]), (actual, predicted))
                        self.assertEqual(max(row["probabilities"], key=row["probabilities"].get), predicted)
                        self.assertEqual(row["values"]["cultivar"], actual)
            self.assertEqual(len(set(seen)), 36)

    async def test_insights_arrive_after_the_result_and_before_the_files(self):
        async with open_socket(APPLICATION) as socket:
            frames = await train(socket, default="IRIS", epochs=60)
            self.assertEqual(
                [frame["event"] for frame in frames][-3:], ["trainingResult", "trainingInsights", "trainingArtifacts"]
            )
            insights = frames[-2]["data"]
            result = frames[-3]["data"]["auxiliary_outputs"]
            self.assertEqual(insights["metric"], "accuracy")
            self.assertAlmostEqual(insights["score"], result["metrics"]["accuracy"])
            columns = [entry["column"] for entry in insights["feature_importance"]]
            self.assertEqual(set(columns), set(IRIS_ROW))
            self.assertIn("petal", columns[0])
            self.assertEqual(insights["terms"], [])

    async def test_words_of_texts_arrive_with_the_importance_and_whole_texts_with_the_test_rows(self):
        async with open_socket(APPLICATION) as socket:
            frames = await train(socket, csvData=write_reviews(150), target="label", epochs=30)
            insights = next(frame["data"] for frame in frames if frame["event"] == "trainingInsights")
            self.assertEqual(insights["feature_importance"][0]["column"], "review")
            self.assertEqual(insights["diagnosis"], [])
            self.assertEqual({term["column"] for term in insights["terms"]}, {"review"})
            self.assertEqual({term["label"] for term in insights["terms"]}, {"good", "bad"})
            result = next(frame["data"] for frame in frames if frame["event"] == "trainingResult")
            self.assertEqual(result["auxiliary_outputs"]["columns"]["text"], ["review"])
            rows = (await socket.ask("listTestRows", run_id=result["run_id"]))["data"]["rows"]
            again = (await socket.ask("predict", run_id=result["run_id"], rows=[row["values"] for row in rows]))["data"]
            for row, said in zip(rows, again["predictions"], strict=True):
                self.assertEqual(row["predicted"], said["prediction"])
                self.assertAlmostEqual(row["probabilities"]["good"], said["probabilities"]["good"], places=6)


class PredictCommandTests(EngineTestCase):
    def test_a_file_comes_back_with_what_the_model_says_of_each_row(self):
        run_id = create_run(epochs=60, seed=0)
        wait_until_files(run_id)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "flowers.csv"
            path.write_text(",".join(IRIS_ROW) + ",note\n5.1,3.5,1.4,0.2,mine\n6.3,3.3,6.0,2.5,\n")
            output, errors = StringIO(), StringIO()
            call_command("predict", str(run_id), str(path), stdout=output, stderr=errors)
            self.assertIn("The model does not use the column 'note'.", errors.getvalue())
            lines = list(csv.DictReader(StringIO(output.getvalue())))
            self.assertEqual([line["species (predicted)"] for line in lines], ["setosa", "virginica"])
            self.assertEqual([line["note"] for line in lines], ["mine", ""])
            self.assertGreater(float(lines[0]["p(setosa)"]), 0.5)

    def test_what_cannot_be_predicted_says_why(self):
        run_id = create_run(epochs=1, seed=0)
        wait_until_files(run_id)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "flowers.csv"
            path.write_text("a,b\n1,2\n3,4\n")
            with self.assertRaisesRegex(CommandError, "sepal length"):
                call_command("predict", str(run_id), str(path))
            with self.assertRaisesRegex(CommandError, "no such run"):
                call_command("predict", str(uuid4()), str(path))
            with self.assertRaisesRegex(CommandError, "No such file"):
                call_command("predict", str(run_id), f"{folder}/none.csv")
        self.assertEqual(TrainingRun.objects.count(), 1)
