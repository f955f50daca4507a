"""The socket at /ws/progress/ from outside: learners, their tabs, strangers, hostile frames, guests who sign in."""

from __future__ import annotations

import asyncio
import json

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.test import Client, TransactionTestCase

from playground.routing import build_application
from playground.wire.identity import GUEST_KEY
from progress import services
from progress.exceptions import StorageUnavailable
from progress.models import Module, Question
from progress.storage import get_storage
from progress.storage.memory import MemoryStorage
from tests.progress.lessons import (
    LESSON_POINTS,
    RIGHT,
    SECRETS,
    WRONG,
    client_of,
    load_lesson,
    new_user,
    wire_key,
)
from tests.sockets import Socket, new_guest, open_socket

APPLICATION = build_application()
PATH = "/ws/progress/"


class DeadStorage(MemoryStorage):
    """Is out, whatever it is asked."""

    def get(self, user_id):
        raise StorageUnavailable("gone")

    get_many = merge = reset = get

    def award(self, user_id, key, points):
        raise StorageUnavailable("gone")


class SocketTestCase(TransactionTestCase):
    def setUp(self) -> None:
        load_lesson()
        self.user = new_user(username="ada")
        self.client = client_of(self.user)

    def open(self, client: Client | None = None):
        return open_socket(APPLICATION, PATH, client=client or self.client)

    async def answer(self, socket: Socket, question: str, answer: object):
        frame = await socket.ask("submitAnswer", **wire_key(question), answer=answer)
        self.assertEqual(frame["event"], "answerResult", frame)
        return frame["data"]

    async def points(self, socket: Socket) -> int:
        frame = await socket.ask("getUserProgressData")
        return sum(module["modulePoints"] for module in frame["data"]["progress"].values())


class LearnerTests(SocketTestCase):
    async def test_a_learner_reads_answers_and_earns(self):
        async with self.open() as socket:
            modules = (await socket.ask("listModules"))["data"]["modules"]
            self.assertIn("shapes", [module["moduleID"] for module in modules])
            module = (await socket.ask("getModule", moduleID="shapes"))["data"]
            self.assertEqual([section["sectionID"] for section in module["sections"]], ["rows", "scores"])
            wrong = await self.answer(socket, "one", "b")
            self.assertEqual(
                wrong,
                {
                    "correct": False,
                    "feedback": "SECRET-wrong",
                    "feedback_html": "<p>SECRET-wrong</p>\n",
                    "choices": [
                        {"id": "b", "feedback": "SECRET-feedback-b", "feedback_html": "<p>SECRET-feedback-b</p>\n"}
                    ],
                    "hint": "SECRET-hint-1",
                    "hint_html": "<p>SECRET-hint-1</p>\n",
                    "points": 0,
                    "attempts": 1,
                },
            )
            right = await self.answer(socket, "one", "a")
            self.assertEqual((right["correct"], right["points"], right["attempts"]), (True, 10, 2))
            frame = await socket.ask("getUserProgressData")
            self.assertEqual(frame["event"], "userProgressData")
            expected = {"shapes": {"modulePoints": 10, "rows": {"sectionPoints": 10, "one": 10}}}
            me = f"user:{self.user.pk}"
            self.assertEqual(frame["data"], {"user_id": me, "progress": expected, "totalPoints": 10, "notCounted": {}})

    async def test_what_is_done_is_earned_once(self):
        async with self.open() as socket:
            frames = [await socket.ask("updateUserProgressData", **wire_key("read")) for _ in range(2)]
        self.assertEqual([frame["event"] for frame in frames], ["userProgressUpdated"] * 2)
        self.assertEqual([frame["data"]["points"] for frame in frames], [5, 0])
        self.assertEqual([frame["data"]["questionID"] for frame in frames], ["read", None])
        self.assertEqual(frames[0]["data"]["progress"], frames[1]["data"]["progress"])

    async def test_what_has_a_key_is_not_earned_by_saying_so(self):
        async with self.open() as socket:
            for question in (*RIGHT, "lab"):
                frame = await socket.ask("updateUserProgressData", user_id="me", **wire_key(question))
                self.assertEqual((frame["event"], frame["data"]["code"]), ("error", "answer_required"))
                self.assertTrue(frame["data"]["hint"])
            self.assertEqual(await self.points(socket), 0)

    async def test_a_lab_is_not_answered(self):
        async with self.open() as socket:
            frame = await socket.ask("submitAnswer", **wire_key("lab"), answer="0.99")
            self.assertEqual(frame["data"]["code"], "not_answerable")
            self.assertIn("when the run is over", frame["data"]["hint"])

    async def test_the_pages_log_reaches_the_servers(self):
        async with self.open() as socket:
            with self.assertLogs("frontend", "WARNING") as log:
                await socket.send("frontendLog", level="warning", message="no such\nquestion")
                await self.points(socket)
        self.assertIn(r"no such\nquestion", log.output[0])


class TabTests(SocketTestCase):
    async def test_the_other_tab_sees_an_award_at_once(self):
        async with self.open() as one, self.open() as other:
            await one.send("submitAnswer", **wire_key("one"), answer="a")
            # The tab that answered hears both, in either order.
            own = {frame["event"]: frame for frame in [await one.receive(), await one.receive()]}
            self.assertEqual(own["answerResult"]["data"]["points"], 10)
            for frame in (own["userProgressUpdated"], await other.receive()):
                self.assertEqual(frame["event"], "userProgressUpdated")
                self.assertEqual((frame["data"]["questionID"], frame["data"]["points"]), ("one", 10))
                self.assertEqual(frame["data"]["progress"]["shapes"]["modulePoints"], 10)
            await one.ask("updateUserProgressData", **wire_key("read"))
            frame = await other.receive()
            self.assertEqual((frame["data"]["questionID"], frame["data"]["points"]), ("read", 5))
            self.assertNotIn("reply_to", frame)
            # The tab that asked was answered, and not told again.
            self.assertEqual((await one.ask("getUserProgressData"))["event"], "userProgressData")
            await self.answer(one, "one", "a")
            await self.answer(other, "one", "b")
            self.assertTrue(await one.communicator.receive_nothing(0.2))
            self.assertTrue(await other.communicator.receive_nothing(0.2))

    async def test_nobody_else_hears_of_it(self):
        async with self.open() as mine, self.open(await new_guest()) as stranger:
            await self.answer(mine, "one", "a")
            self.assertTrue(await stranger.communicator.receive_nothing(0.2))

    async def test_tabs_that_answer_at_once_earn_once_and_both_hear_of_a_reset(self):
        async with self.open() as one, self.open() as other:

            async def work(tab: Socket) -> list[int]:
                return [(await self.answer(tab, question, RIGHT[question]))["points"] for question in RIGHT]

            earned = await asyncio.gather(work(one), work(other))
            self.assertEqual(sum(map(sum, earned)), 100)
            self.assertEqual(await self.points(one), 100)
            await sync_to_async(services.reset)(f"user:{self.user.pk}")
            for tab in (one, other):
                while (frame := await tab.receive())["data"]["questionID"] is not None:
                    self.assertEqual(frame["event"], "userProgressUpdated")
                self.assertEqual(frame["data"]["progress"], {})


class StrangerTests(SocketTestCase):
    async def test_nobody_reads_or_changes_somebody_elses(self):
        other = await sync_to_async(new_user)()
        async with self.open() as socket:
            for user_id in (other.pk, str(other.pk), f"user:{other.pk}", "guest:x", "ada", "*"):
                for event, data in (("getUserProgressData", {}), ("updateUserProgressData", wire_key("read"))):
                    frame = await socket.ask(event, user_id=user_id, **data)
                    self.assertEqual((frame["event"], frame["data"]["code"]), ("error", "not_yours"), user_id)
        self.assertEqual((await sync_to_async(get_storage().get)(f"user:{other.pk}")).points, 0)

    async def test_earlier_front_ends_name_themselves(self):
        async with self.open() as socket:
            for user_id in (self.user.pk, str(self.user.pk), f"user:{self.user.pk}", "me", "", None):
                frame = await socket.ask("updateUserProgressData", user_id=user_id, **wire_key("read"))
                self.assertEqual(frame["data"]["user_id"], f"user:{self.user.pk}", user_id)
            self.assertEqual(await self.points(socket), 5)

    async def test_staff_read_anyones_and_change_nobodys(self):
        staff = await sync_to_async(lambda: client_of(new_user("view_learner", is_staff=True)))()
        async with self.open() as learner, self.open(staff) as socket:
            await self.answer(learner, "one", "a")
            frame = await socket.ask("getUserProgressData", user_id=self.user.pk)
            self.assertEqual(frame["data"]["progress"]["shapes"]["modulePoints"], 10)
            frame = await socket.ask("updateUserProgressData", user_id=self.user.pk, **wire_key("read"))
            self.assertEqual(frame["data"]["code"], "not_yours")


class HostileTests(SocketTestCase):
    async def test_bad_frames_are_refused_by_field_and_the_socket_goes_on(self):
        key = wire_key("one")
        cases = [
            ("getModule", {"moduleID": "x" * 101}, "invalid_data", "moduleID"),
            ("getModule", {"moduleID": ""}, "invalid_data", "moduleID"),
            ("getModule", {"moduleID": "a\x00b"}, "invalid_data", "moduleID"),
            ("getModule", {"moduleID": "a\ud800b"}, "invalid_data", "moduleID"),
            ("getModule", {"moduleID": ["shapes"]}, "invalid_data", "moduleID"),
            ("getModule", {"moduleID": "SHAPES"}, "module_not_found", "moduleID"),
            ("getModule", {"moduleID": "' OR 1=1 --"}, "module_not_found", "moduleID"),
            ("getModule", {"moduleID": "%"}, "module_not_found", "moduleID"),
            ("getModule", {}, "missing_field", "moduleID"),
            ("submitAnswer", key, "missing_field", "answer"),
            ("submitAnswer", {**key, "answer": None}, "invalid_data", "answer"),
            ("submitAnswer", {**key, "answer": True}, "invalid_data", "answer"),
            ("submitAnswer", {**key, "answer": {"$ne": 1}}, "invalid_data", "answer"),
            ("submitAnswer", {**key, "answer": "x" * 501}, "invalid_data", "answer"),
            ("submitAnswer", {**key, "answer": ["a"] * 21}, "invalid_data", "answer"),
            ("submitAnswer", {**key, "answer": [1]}, "invalid_data", "answer"),
            ("submitAnswer", {**key, "answer": 1}, "answer_unreadable", "answer"),
            ("submitAnswer", {**key, "answer": "z"}, "unknown_choice", "answer"),
            ("submitAnswer", {**wire_key("number"), "answer": 10**4000}, "answer_unreadable", "answer"),
            ("submitAnswer", {**key, "answer": "a", "correct": True}, "unknown_field", "correct"),
            ("submitAnswer", {**key, "answer": "a", "points": 1000}, "unknown_field", "points"),
            ("submitAnswer", {**key, "questionID": "two", "answer": "a"}, "question_not_found", "questionID"),
            ("submitAnswer", {**key, "sectionID": "modulePoints", "answer": "a"}, "invalid_data", ""),
            ("updateUserProgressData", {**key, "questionID": "sectionPoints"}, "invalid_data", ""),
            ("updateUserProgressData", {**key, "points": 1000}, "unknown_field", "points"),
            ("getUserProgressData", {"user_id": "x" * 101}, "invalid_data", "user_id"),
            ("getUserProgressData", {"user_id": -1}, "invalid_data", "user_id"),
            ("getUserProgressData", {"user_id": 10**30}, "invalid_data", "user_id"),
            ("getUserProgressData", {"user_id": 1.5}, "invalid_data", "user_id"),
            ("getUserProgressData", {"user_id": True}, "invalid_data", "user_id"),
            ("getUserProgressData", {"user_id": "user:1\n"}, "invalid_data", "user_id"),
        ]
        async with self.open() as socket:
            for event, data, code, where in cases:
                with self.subTest(event=event, data=str(data)[:80]):
                    frame = await socket.ask(event, **data)
                    self.assertEqual((frame["event"], frame["data"]["code"]), ("error", code), frame)
                    self.assertTrue(frame["data"]["where"].startswith(where), frame)
            self.assertEqual(await self.points(socket), 0)

    async def test_a_draft_does_not_exist_for_learners(self):
        await Module.objects.filter(slug="shapes").aupdate(status=Module.Status.DRAFT)
        async with self.open() as socket:
            self.assertNotIn("shapes", str((await socket.ask("listModules"))["data"]))
            for event, data in (
                ("getModule", {"moduleID": "shapes"}),
                ("submitAnswer", {**wire_key("one"), "answer": "a"}),
                ("updateUserProgressData", wire_key("read")),
            ):
                frame = await socket.ask(event, **data)
                self.assertIn(frame["data"]["code"], ("module_not_found", "question_not_found"))

    async def test_an_outage_is_said_and_is_not_nothing(self):
        with self.settings(PROGRESS_STORAGE={"BACKEND": "tests.progress.test_socket.DeadStorage"}):
            async with self.open() as socket:
                for event, data in (
                    ("getUserProgressData", {}),
                    ("listModules", {}),
                    ("getModule", {"moduleID": "shapes"}),
                    ("submitAnswer", {**wire_key("one"), "answer": "a"}),
                ):
                    frame = await socket.ask(event, **data)
                    self.assertEqual((frame["event"], frame["data"]["code"]), ("error", "storage_unavailable"), event)


class SecretTests(SocketTestCase):
    """Nothing that gives an answer away leaves the server before the answer is given."""

    async def test_no_event_and_no_page_tells_a_learner_an_answer(self):
        seen: list[str] = []
        async with self.open() as socket:
            for event, data in (
                ("listModules", {}),
                ("getModule", {"moduleID": "shapes"}),
                ("getUserProgressData", {}),
                ("updateUserProgressData", wire_key("read")),
                ("updateUserProgressData", wire_key("one")),
                ("updateUserProgressData", wire_key("lab")),
                ("submitAnswer", {**wire_key("lab"), "answer": "1"}),
                ("submitAnswer", {**wire_key("one"), "answer": "z"}),
                ("submitAnswer", {**wire_key("number"), "answer": "much"}),
                ("submitAnswer", {**wire_key("text"), "answer": []}),
                ("submitAnswer", {**wire_key("number"), "answer": 1}),
                ("submitAnswer", {**wire_key("text"), "answer": "fitting"}),
                ("getModule", {"moduleID": "shapes"}),
            ):
                frame = await socket.ask(event, **data)
                seen.append(json.dumps(frame, ensure_ascii=False))
        pages = ("/", "/developers/", "/asyncapi.json", "/admin/progress/module/", "/admin/progress/question/")
        module = await Module.objects.aget(slug="shapes")
        question = await Question.objects.aget(section__module=module, slug="number")
        pages += (
            f"/admin/progress/module/{module.pk}/preview/",
            f"/admin/progress/module/{module.pk}/change/",
            f"/admin/progress/question/{question.pk}/change/",
            f"/admin/progress/learner/question/{question.pk}/",
            f"/admin/progress/learner/{self.user.pk}/change/",
            "/admin/progress/learner/",
            "/admin/progress/learner/export/questions/",
        )
        for page in pages:
            response = await sync_to_async(self.client.get)(page)
            self.assertIn(response.status_code, (200, 302), page)
            seen.append(response.content.decode())
        self.assertGreater(len(seen), 20)
        secrets = [secret for secret in SECRETS if secret not in ("tolerance", "accepted", '"correct"')]
        for text in seen:
            for secret in secrets:
                self.assertNotIn(secret, text)
        for text in seen[:3]:  # as fields they may have no business in the catalogue at all
            for name in SECRETS:
                self.assertNotIn(name, text)

    async def test_only_the_feedback_of_the_choice_that_was_made_is_told(self):
        async with self.open() as socket:
            frame = await socket.ask("submitAnswer", **wire_key("one"), answer="b")
        text = json.dumps(frame)
        self.assertIn("SECRET-feedback-b", text)
        for secret in ("SECRET-feedback-a", "SECRET-right", "SECRET-hint-2"):
            self.assertNotIn(secret, text)

    async def test_a_wrong_answer_does_not_tell_the_right_one(self):
        async with self.open() as socket:
            for question in ("number", "text"):
                text = json.dumps(await socket.ask("submitAnswer", **wire_key(question), answer=WRONG[question]))
                for secret in ("0.94112358", "0.00551357", "overfitting", "over-fitting"):
                    self.assertNotIn(secret, text.lower())


class GuestTests(SocketTestCase):
    def log_in(self, client: Client) -> None:
        self.user.is_staff = True  # the admin's is the only form there is to sign in by
        self.user.set_password("secret")
        self.user.save()
        response = client.post("/admin/login/", {"username": "ada", "password": "secret", "next": "/"})
        self.assertEqual(response.status_code, 302)

    async def test_a_guest_keeps_progress_from_visit_to_visit(self):
        guest = await new_guest()
        async with self.open(guest) as socket:
            await self.answer(socket, "one", "a")
        async with self.open(guest) as socket:
            self.assertEqual(await self.points(socket), 10)
        async with self.open(await new_guest()) as socket:
            self.assertEqual(await self.points(socket), 0)

    async def test_signing_in_brings_points_and_attempts_along_and_doubles_nothing(self):
        async with self.open() as socket:
            await self.answer(socket, "one", "a")
        guest = await new_guest()
        async with self.open(guest) as socket:
            await self.answer(socket, "one", "a")
            await self.answer(socket, "text", "over-fitting")
        async with self.open() as already_in:
            await sync_to_async(self.log_in)(guest)
            frame = await already_in.receive()
            self.assertEqual(frame["data"]["progress"]["shapes"]["modulePoints"], 50)
        for _ in range(2):
            async with self.open(guest) as socket:
                frame = await socket.ask("getUserProgressData")
                self.assertEqual(frame["data"]["user_id"], f"user:{self.user.pk}")
                self.assertEqual(frame["data"]["progress"]["shapes"]["modulePoints"], 50)
                self.assertEqual((await self.answer(socket, "one", "a"))["points"], 0)

    async def test_signing_in_works_while_the_storage_does_not_and_the_next_socket_makes_up_for_it(self):
        guest = await new_guest()
        async with self.open(guest) as socket:
            await self.answer(socket, "text", "over-fitting")
        with self.settings(PROGRESS_STORAGE={"BACKEND": "tests.progress.test_socket.DeadStorage"}):
            await sync_to_async(self.log_in)(guest)
        async with self.open(guest) as socket:
            self.assertEqual(await self.points(socket), 40)

    async def test_the_next_user_of_the_browser_gets_nothing_of_the_last(self):
        guest = await new_guest()
        async with self.open(guest) as socket:
            await self.answer(socket, "text", "over-fitting")
        await sync_to_async(self.log_in)(guest)
        other = await sync_to_async(new_user)()
        await sync_to_async(guest.force_login)(other)
        self.assertNotIn(GUEST_KEY, await database_sync_to_async(lambda: dict(guest.session))())
        async with self.open(guest) as socket:
            self.assertEqual(await self.points(socket), 0)


class ListTests(SocketTestCase):
    async def test_the_list_counts_what_the_module_has(self):
        async with self.open() as socket:
            modules = (await socket.ask("listModules"))["data"]["modules"]
            [listed] = [module for module in modules if module["moduleID"] == "shapes"]
            self.assertEqual(listed["points"], LESSON_POINTS)
            self.assertEqual((await socket.ask("getModule", moduleID="shapes"))["data"]["points"], LESSON_POINTS)
