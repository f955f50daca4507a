"""The report: one page that needs nothing else, says what the run said, and trusts no name."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser

from django.test import SimpleTestCase

from tests.training.data import builtin_data, csv_data
from tests.training.texts import write_reviews
from training.artifacts.plots import build_loss_plot
from training.artifacts.report import Subject, build_report
from training.datasets.preprocessing import PreparedData
from training.messages.insights import Diagnosis
from training.spec import TrainingSpec
from training.trainers.defaults import complete
from training.trainers.results.importance import measure_importance
from training.trainers.results.terms import measure_term_weights
from training.trainers.train import train
from training.trainers.trained import TrainedModel


def subject_of(data: PreparedData, **fields) -> Subject:
    spec = complete(TrainingSpec(seed=3, epochs=4, **fields), data.plan)
    outcome = train(data, spec, on_epoch=lambda row: None, is_cancelled=lambda: False)
    trained = TrainedModel(spec, data.preparation, outcome.model)
    return Subject(
        run_id="5b0c2c4e",
        name="",
        model="Linear 64",
        spec=spec,
        data=data,
        data_hash="ab" * 32,
        data_hash_of="of the file",
        auxiliary=outcome.auxiliary,
        epochs=outcome.epochs,
        importance=measure_importance(trained, data.test_frame, data.y_test_units, data.problem_type),
        leakage=[],
        terms=measure_term_weights(trained, data.X_train),
        loading="" if spec.user_model is None else "from skops.io import load",
        plots={"loss.png": build_loss_plot(outcome.epochs)},
    )


class Links(HTMLParser):
    """The addresses that a page loads or runs."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, value) for name, value in attrs if name in ("src", "href", "srcset")]
        if tag in ("script", "iframe", "object", "link") or any(name.startswith("on") for name, _ in attrs):
            self.found.append((tag, None))


class ReportTests(SimpleTestCase):
    def test_all_is_well_only_where_its_insights_found_nothing(self):
        subject = subject_of(builtin_data("IRIS"))
        well = Diagnosis(code="all_well", title="Well", sentence="Nothing looks wrong.", advice="Go on.")
        finding = Diagnosis(code="gives_away", title="It leans", sentence="On <one>.", advice="Leave it out.")
        subject = dataclasses.replace(subject, auxiliary=subject.auxiliary.model_copy(update={"diagnosis": [well]}))
        self.assertIn("Nothing looks wrong.", build_report(subject).decode())
        page = build_report(dataclasses.replace(subject, leakage=[finding])).decode()
        self.assertNotIn("Nothing looks wrong.", page)
        self.assertIn("On &lt;one&gt;.", page)

    def test_it_says_what_the_run_said_and_of_what(self):
        subject = subject_of(builtin_data("IRIS"))
        page = build_report(subject).decode()
        self.assertIn(subject.auxiliary.sentence.replace("'", "&#x27;"), page)
        self.assertIn(f"{subject.auxiliary.metrics['log_loss']:.4f}", page)
        for text in (
            "petal length (cm)",
            "120 training rows, 30 test rows",
            "virginica",
            "ab" * 32,
            "scikit-learn",
        ):
            self.assertIn(text, page)
        self.assertIn('<th scope="row">Seed</th><td>3</td>', page)
        self.assertIn('<th scope="row">Loss function</th><td>Cross-entropy</td>', page)
        self.assertIn("With 30 test rows its numbers are rough", page)

    def test_important_words_are_listed_beside_the_importance_of_columns(self):
        subject = subject_of(csv_data(write_reviews(200), target="label", seed=0))
        page = build_report(subject).decode()
        best = subject.terms[0]
        self.assertIn("Most important words", page)
        self.assertIn(f"<td>{best.term}</td><td>{best.label}</td>", page)
        self.assertNotIn("Most important words", build_report(subject_of(builtin_data("IRIS"))).decode())

    def test_it_says_how_rows_were_split_and_what_each_fold_came_to(self):
        subject = subject_of(builtin_data("IRIS"), user_model="GaussianNB()", folds=4)
        page = build_report(subject).decode()
        self.assertIn("The test rows are 30 of 150 rows, drawn at random.", page)
        found = subject.auxiliary.cross_validation
        self.assertIn(found.sentence, page)
        for number, score in enumerate(found.scores, 1):
            self.assertIn(f'<th scope="row">fold {number}</th><td class="n">{score:.4f}</td>', page)

    def test_a_regression_has_its_own_numbers(self):
        page = build_report(subject_of(builtin_data("DIABETES"))).decode()
        self.assertIn("R²", page)
        self.assertNotIn("Metrics per class", page)

    def test_it_loads_nothing_and_runs_nothing(self):
        links = Links()
        links.feed(build_report(subject_of(builtin_data("IRIS"))).decode())
        self.assertGreater(len(links.found), 0)
        for tag, value in links.found:
            self.assertEqual(tag, "img")
            self.assertTrue(str(value).startswith("data:image/png;base64,"))

    def test_names_from_outside_are_text(self):
        evil = "<script>alert(1)</script>"
        rows = "".join(f"{n % 9},{n % 5},{'a' if n % 2 else evil}\n" for n in range(60))
        data = csv_data(f'"{evil} x",z,y\n{rows}', target="y", seed=0)
        subject = dataclasses.replace(subject_of(data), name=evil, model=evil)
        page = build_report(subject).decode()
        self.assertNotIn("<script", page)
        self.assertGreaterEqual(page.count("&lt;script&gt;"), 4)
