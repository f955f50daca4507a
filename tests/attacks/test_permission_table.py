"""Tries every cell of the permission table: who × way × object, on a running server."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import uuid4

from django.test import SimpleTestCase

from playground import permission_table
from playground.contract import SOCKETS
from playground.permission_table import Object, Role
from tests.attacks.cases import AttackTestCase
from tests.attacks.visitor import Visitor
from tests.server import ROOT, Talk

TABLE = b"income,bought\n" + b"".join(b"%d,%d\n" % (1000 + number, number % 2) for number in range(40))
REFUSALS = {"run_not_found", "dataset_not_found", "not_yours", "module_not_found", "share_not_found", "not_shareable"}
PINGS = {
    "/ws/training/": ("listTrainings", {"limit": 1}),
    "/ws/progress/": ("getUserProgressData", {}),
    "/ws/notifications/": ("getUserSettings", {}),
}
LAST = ("deleteTraining",)
"""Events that take away what the others need."""
STAFF_FIELDS: dict[Role, dict[str, Any]] = {
    Role.ASSISTANT: {"is_staff": True, "groups": ["Teaching assistants"]},
    Role.TEACHER: {"is_staff": True, "groups": ["Teachers"]},
    Role.RUN_VIEWER: {"is_staff": True, "permissions": ["view_trainingrun"]},
    Role.TABLE_VIEWER: {"is_staff": True, "permissions": ["view_dataset"]},
    Role.SUPERUSER: {"is_staff": True, "is_superuser": True},
}
DRAFT = "permission-draft"
MAKE_DRAFT = (
    "from progress.models import Module; "
    f"Module.objects.get_or_create(slug={DRAFT!r}, defaults=dict(title='Draft', status='draft'))"
)


@dataclass(frozen=True)
class Things:
    """The objects of one visitor: a table, two runs on it, and an account or a session."""

    dataset_id: str
    run_id: str
    other_run_id: str
    user_id: str


def build_data(event: str, things: Things) -> dict[str, Any]:
    """Return data for an event that names these things. Raises KeyError for an event without an example."""
    spec = {"dataset_id": things.dataset_id, "target": "bought", "epochs": 1}
    run = {"run_id": things.run_id}
    examples: dict[str, Callable[[], dict[str, Any]]] = {
        "runTraining": lambda: spec,
        "checkTraining": lambda: spec,
        "describeDataset": lambda: {"dataset_id": things.dataset_id},
        "runSweep": lambda: {"spec": spec, "vary": {"learning_rate": [0.01, 0.1]}},
        "checkSweep": lambda: {"spec": spec, "vary": {"learning_rate": [0.01, 0.1]}},
        "watchTraining": lambda: run,
        "describeTraining": lambda: run,
        "cancelTraining": lambda: run,
        "renameTraining": lambda: {**run, "name": "renamed"},
        "deleteTraining": lambda: {"run_id": things.other_run_id},
        "shareTraining": lambda: run,
        "unshareTraining": lambda: run,
        "predict": lambda: {**run, "rows": [{"income": 1000}]},
        "listTestRows": lambda: run,
        "compareTraining": lambda: {**run, "other_run_id": things.other_run_id},
        "sendEmail": lambda: {**run, "email_address": f"{uuid4().hex[:8]}@example.org"},
        "getUserProgressData": lambda: {"user_id": things.user_id},
        "updateUserProgressData": lambda: {
            "user_id": things.user_id,
            "moduleID": "none",
            "sectionID": "none",
            "questionID": "none",
        },
        "getModule": lambda: {"moduleID": DRAFT},
        "listModules": dict,
    }
    return examples[event]()


class PermissionTableTests(AttackTestCase):
    visitors: ClassVar[dict[Role, Visitor]] = {}
    things: ClassVar[dict[Role, Things]] = {}
    victim: ClassVar[Things]
    deleted: ClassVar[Things]
    token: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        case = cls()
        case.operate(MAKE_DRAFT)
        for role in Role:
            visitor = Visitor(cls.server)
            if role is not Role.GUEST:
                name = f"{role}-{uuid4().hex[:6]}"
                case.make_user(name, **STAFF_FIELDS.get(role, {}))
                visitor.sign_in(name)
            cls.visitors[role] = visitor
            cls.things[role] = make_things(visitor)
        victim = Visitor(cls.server)
        name = f"victim-{uuid4().hex[:6]}"
        case.make_user(name)
        victim.sign_in(name)
        cls.deleted = make_things(victim)
        case.operate(
            "from training.models import Dataset, TrainingRun; "
            f"TrainingRun.objects.filter(dataset={cls.deleted.dataset_id!r}).delete(); "
            f"Dataset.objects.get(pk={cls.deleted.dataset_id!r}).delete()"
        )
        cls.victim = make_things(victim)
        with victim.talk() as talk:
            address = talk.ask("shareTraining", run_id=cls.victim.run_id)["data"]["url"]
        cls.token = address.strip("/").rpartition("/")[-1]

    def try_event(self, role: Role, event: str, data: dict[str, Any]) -> str:
        """Return the error code that an event is answered by, or an empty string."""
        path = next(path for path, consumer in SOCKETS.items() if event in consumer.events)
        with self.visitors[role].talk(path) as talk:
            return send_and_wait(talk, path, event, data)

    def test_events_reach_others_objects_as_the_table_says(self):
        for way in permission_table.list_events():
            if way.object in (Object.NOTHING, Object.OWN, Object.DRAFT):
                continue
            for role in Role:
                with self.subTest(event=way.name, role=role):
                    code = self.try_event(role, way.name, build_data(way.name, self.victim))
                    self.assertEqual(code not in REFUSALS, way.is_open_to(role), code)

    def test_events_reach_nothing_that_was_deleted(self):
        for way in permission_table.list_events():
            if way.object not in (Object.RUN, Object.DATASET):
                continue
            for role in Role:
                with self.subTest(event=way.name, role=role):
                    code = self.try_event(role, way.name, build_data(way.name, self.deleted))
                    self.assertIn(code, REFUSALS)

    def test_events_reach_what_is_the_visitors_own(self):
        ways = sorted(permission_table.list_events(), key=lambda way: way.name in LAST)
        for way in ways:
            if way.object not in (Object.RUN, Object.DATASET, Object.PROGRESS):
                continue
            for role in (Role.GUEST, Role.LEARNER):
                with self.subTest(event=way.name, role=role):
                    code = self.try_event(role, way.name, build_data(way.name, self.things[role]))
                    self.assertNotIn(code, REFUSALS)

    def test_lists_hold_nothing_of_others(self):
        for role in Role:
            for path, event, data in (
                ("/ws/training/", "listTrainings", {}),
                ("/ws/training/", "listDatasets", {}),
                ("/ws/notifications/", "getUserSettings", {}),
            ):
                with self.subTest(event=event, role=role), self.visitors[role].talk(path) as talk:
                    answer = json.dumps(talk.ask(event, **data))
                    for secret in (self.victim.run_id, self.victim.dataset_id, self.victim.user_id):
                        self.assertNotIn(f'"{secret}"', answer)

    def test_drafts_are_seen_by_those_who_may_view_modules(self):
        way = next(way for way in permission_table.list_events() if way.name == "getModule")
        for role in Role:
            with self.subTest(role=role):
                is_open = self.try_event(role, "getModule", {"moduleID": DRAFT}) not in REFUSALS
                self.assertEqual(is_open, way.is_open_to(role))
                with self.visitors[role].talk("/ws/progress/") as talk:
                    self.assertEqual(DRAFT in json.dumps(talk.ask("listModules")), way.is_open_to(role))
                self.assertEqual(self.visitors[role].get(f"/learn/{DRAFT}/").status == 200, way.is_open_to(role))
                self.assertEqual(DRAFT in self.visitors[role].get("/learn/").text, way.is_open_to(role))

    def test_pages_and_downloads_reach_others_objects_as_the_table_says(self):
        ways = {way.name: way for way in permission_table.list_addresses()}
        for role in Role:
            own, visitor = self.things[role], self.visitors[role]
            for name, path in (
                ("run", f"/runs/{self.victim.run_id}/"),
                ("artifact", f"/runs/{self.victim.run_id}/artifacts/loss.png"),
                ("compare", f"/runs/compare/?runs={own.run_id},{self.victim.run_id}"),
            ):
                with self.subTest(path=path, role=role):
                    self.assertEqual(visitor.get(path).status == 200, ways[name].is_open_to(role))
            with self.subTest("rows of others", role=role):
                rows = visitor.get(f"/runs/{self.victim.run_id}/artifacts/predictions.csv")
                self.assertEqual(rows.status == 200, role is Role.SUPERUSER)
            for path in (
                f"/runs/{self.deleted.run_id}/",
                f"/runs/{self.deleted.run_id}/artifacts/loss.png",
                f"/shared/{self.deleted.run_id}/",
            ):
                with self.subTest(path=path, role=role):
                    self.assertEqual(visitor.get(path).status, 404)

    def test_the_holder_of_a_link_sees_the_run_and_none_of_its_rows(self):
        stranger = self.visitor()
        self.assertEqual(stranger.get(f"/shared/{self.token}/").status, 200)
        self.assertEqual(stranger.get(f"/shared/{self.token}/artifacts/loss.png").status, 200)
        self.assertEqual(stranger.get(f"/shared/{self.token}/artifacts/predictions.csv").status, 404)
        self.assertEqual(stranger.get(f"/shared/{self.token[:-2]}xx/").status, 404)
        for way in permission_table.list_events():
            if way.object is not Object.RUN:
                continue
            with self.subTest(event=way.name), stranger.talk() as talk:
                if way.name not in SOCKETS["/ws/training/"].events:
                    continue
                data = {**build_data(way.name, self.victim), "token": self.token}
                code = send_and_wait(talk, "/ws/training/", way.name, data)
                self.assertEqual(code, "" if way.link else "unknown_field")
                if way.link:
                    other = {**data, "run_id": self.things[Role.GUEST].run_id}
                    self.assertEqual(send_and_wait(talk, "/ws/training/", way.name, other), "share_not_found")

    def test_admin_pages_open_by_their_own_permission(self):
        for app, model, permission in permission_table.list_admin_pages():
            for role in Role:
                with self.subTest(model=model, role=role):
                    reply = self.visitors[role].get(f"/admin/{app}/{model}/")
                    if role in (Role.GUEST, Role.LEARNER):
                        self.assertIn("/admin/login/", reply.url)
                        continue
                    self.assertEqual(reply.status, 200 if permission_table.may_view(role, permission) else 403)


class CompletenessTests(SimpleTestCase):
    def test_every_event_and_address_has_an_entry_and_an_example(self):
        nothing = Things("", "", "", "")
        for way in permission_table.list_events():
            if way.object not in (Object.NOTHING, Object.OWN):
                build_data(way.name, nothing)
        self.assertTrue(permission_table.list_addresses())
        listed = {way.name for way in permission_table.list_addresses()}
        self.assertEqual({way.name for way in permission_table.ADDRESSES} - listed, set(), "entries without an address")
        events = {way.name for way in permission_table.list_events()}
        self.assertEqual(permission_table.EVENT_OBJECTS.keys() - events, set(), "entries without an event")

    def test_the_document_is_what_the_code_says(self):
        kept = (ROOT / "playground/docs/permissions.md").read_text()
        self.assertEqual(kept, permission_table.render(), "run: manage.py permissions > playground/docs/permissions.md")


def make_things(visitor: Visitor) -> Things:
    """Upload a table and train two networks on it, to their last files."""
    visitor.get("/")
    uploaded = visitor.upload(TABLE)
    assert uploaded.status == 201, uploaded.text
    dataset_id = uploaded.json()["dataset_id"]
    with visitor.talk() as talk:
        run_ids = []
        for epochs in (1, 2):
            talk.send("runTraining", dataset_id=dataset_id, target="bought", epochs=epochs)
            run_ids.append(str(talk.receive_until("trainingArtifacts")[-1]["data"]["run_id"]))
    with visitor.talk("/ws/progress/") as talk:
        user_id = str(talk.ask("getUserProgressData")["data"]["user_id"])
    return Things(dataset_id, *run_ids, user_id)


def send_and_wait(talk: Talk, path: str, event: str, data: dict[str, Any]) -> str:
    """Send an event and then one that is always answered. Return the first event's error code, or an empty string.

    Frames of one socket are answered in order, so an event without an answer of its own is over by then.
    """
    sent, ping = talk.send(event, **data), PINGS[path]
    wanted = talk.send(ping[0], **ping[1])
    while (frame := talk.receive()).get("reply_to") != wanted:
        if frame.get("reply_to") == sent and frame["event"] == "error":
            return str(frame["data"]["code"])
    return ""
