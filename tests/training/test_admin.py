"""The admin: staff look at runs with their curves, cancel them, and change nothing; others see nothing."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from tests.training.cases import ALICE, RunTestCase, create_run
from tests.training.test_runs import progress, result
from training import runs
from training.messages.runs import RunKind
from training.models import TrainingRun
from training.spec import TrainingSpec

LIST = "/admin/training/trainingrun/"


def client_of(*permissions: str, staff: bool = True) -> Client:
    user = get_user_model().objects.create_user("teacher", is_staff=staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


class AdminTests(RunTestCase):
    def setUp(self) -> None:
        self.finished = create_run(custom_model_name="<script>alert(1)</script>")
        claim = runs.claim_next("engine")
        runs.record(claim, [progress(self.finished, 1, 2, 3), result(self.finished)])
        self.queued = create_run()

    def cancel(self, client: Client):
        data = {"action": "cancel_runs", "_selected_action": [str(self.queued), str(self.finished)]}
        return client.post(LIST, data, follow=True)

    def test_staff_see_runs_and_their_curves_escaped(self):
        client = client_of("view_trainingrun")
        self.assertContains(client.get(LIST), "&lt;script&gt;alert(1)")
        self.assertNotContains(client.get(LIST), "<script>alert(1)")
        page = client.get(f"{LIST}{self.finished}/change/")
        self.assertContains(page, "<polyline", 2)
        self.assertContains(page, "train 0.3333, test 0.3333 after 3 epochs")

    def test_the_rows_of_a_learners_table_are_shown_to_those_alone_who_may_see_tables(self):
        rows = [{"age": 4711, "ill": "yes"}, {"age": 2, "ill": "no"}]
        spec = TrainingSpec(csvData=rows, target="ill")
        run_id = uuid4()
        runs.create(ALICE, spec, data="inline", model="a network", dataset=None, run_id=run_id)
        TrainingRun.objects.filter(pk=run_id).update(task={"other": spec.model_dump(mode="json")})
        page = f"{LIST}{run_id}/change/"
        client = client_of("view_trainingrun")
        self.assertNotContains(client.get(page), "4711")
        self.assertContains(client.get(page), "(not shown)")
        user = get_user_model().objects.get(username="teacher")
        user.user_permissions.add(Permission.objects.get(codename="view_dataset"))
        self.assertContains(client.get(page), "4711")

    def test_nobody_edits_adds_or_deletes(self):
        client = client_of("view_trainingrun", "add_trainingrun", "change_trainingrun")
        self.assertEqual(client.get(f"{LIST}add/").status_code, 403)
        self.assertNotContains(client.get(f"{LIST}{self.finished}/change/"), 'name="_save"')
        response = client.post(f"{LIST}{self.finished}/change/", {"name": "changed"})
        self.assertEqual(response.status_code, 403)
        self.assertEqual(client.get(f"{LIST}{self.finished}/delete/").status_code, 403)

    def test_the_list_tells_kinds_of_runs_apart_and_is_filtered_by_them(self):
        runs.create(
            ALICE,
            TrainingSpec(default="WINE"),
            data="WINE",
            model="a swept network",
            dataset=None,
            run_id=uuid4(),
            kind=RunKind.SWEEP,
            task={"vary": [["seed", [1, 2]]]},
        )
        client = client_of("view_trainingrun")
        self.assertContains(client.get(LIST), '<td class="field-kind">Sweep</td>', count=1)
        page = client.get(LIST, {"kind__exact": "sweep"})
        self.assertContains(page, "a swept network")
        self.assertNotContains(page, str(self.finished))
        self.assertNotContains(client.get(LIST, {"kind__exact": "training"}), "a swept network")

    def test_who_may_cancel_cancels_what_is_not_over(self):
        response = self.cancel(client_of("view_trainingrun", "cancel_trainingrun"))
        self.assertContains(response, "1 of 2 runs were still to be cancelled")
        self.assertEqual(TrainingRun.objects.get(pk=self.queued).status, "cancelled")
        self.assertEqual(TrainingRun.objects.get(pk=self.finished).status, "succeeded")

    def test_who_may_only_look_does_not_cancel(self):
        self.cancel(client_of("view_trainingrun"))
        self.assertEqual(TrainingRun.objects.get(pk=self.queued).status, "queued")

    def test_learners_and_guests_are_sent_to_the_login(self):
        for client in (client_of("view_trainingrun", staff=False), Client(headers={"host": "localhost"})):
            self.assertRedirects(client.get(LIST), f"/admin/login/?next={LIST}")

    def test_the_list_needs_no_query_per_run(self):
        client = client_of("view_trainingrun")
        with self.assertNumQueries(FewerThan(15)):
            client.get(LIST)
        for _ in range(10):
            create_run()
        with self.assertNumQueries(FewerThan(15)):
            client.get(LIST)


class FewerThan(int):
    """Equal to every smaller number, for assertNumQueries."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and other < int(self)

    __hash__ = int.__hash__
