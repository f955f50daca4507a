"""ProgressConsumer serves the socket /ws/progress/. It parses and authorises messages, and calls services."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from playground.wire.consumer import OWNER_ONLY, EventConsumer, handles
from playground.wire.envelope import ServerMessage
from playground.wire.threads import in_thread
from progress import broadcast, guests, services
from progress.exceptions import StorageUnavailable
from progress.messages import (
    AnswerResult,
    GetModule,
    GetUserProgressData,
    LabTried,
    ListModules,
    ModuleMessage,
    Modules,
    SubmitAnswer,
    UpdateUserProgressData,
    UserProgressData,
    UserProgressUpdated,
)
from progress.permissions import VIEW_LEARNERS, VIEW_MODULES
from progress.totals import Totals

logger = logging.getLogger(__name__)


class ProgressConsumer(EventConsumer):
    """Learning modules and earned points. A learner sees only their own progress; staff may read anyone's."""

    sends = (
        *EventConsumer.sends,
        UserProgressData,
        UserProgressUpdated,
        Modules,
        ModuleMessage,
        AnswerResult,
        LabTried,
    )

    async def opened(self) -> None:
        broadcast.serve_from_this_loop()
        await self.join_group(broadcast.group_of(self.identity.owner))
        await in_thread(guests.carry_over)(self.scope["session"], self.identity.user_id)

    async def closed(self) -> None:
        await self.leave_group(broadcast.group_of(self.identity.owner))

    # --- events from the client --------------------------------------------------------------------------------------

    @handles(GetUserProgressData, staff=(VIEW_LEARNERS,), always=True, answers=(UserProgressData,))
    async def get_progress(self, message: GetUserProgressData) -> ServerMessage:
        totals = await in_thread(services.read_totals)(self.identity, message.user_id)
        return UserProgressData(user_id=totals.record.user_id, **_describe(totals))

    @handles(UpdateUserProgressData, staff=OWNER_ONLY, answers=(UserProgressUpdated,))
    async def update_progress(self, message: UpdateUserProgressData) -> ServerMessage:
        services.parse_user_id(self.identity, message.user_id, to_change=True)
        award = await in_thread(services.confirm)(self.identity, message.key, but=self.channel_name)
        earned = [message.moduleID, message.sectionID, message.questionID, award.record.earned[message.key]]
        totals = await in_thread(services.add_up)(award.record)
        return _tell(totals, earned if award.was_new else [])

    @handles(ListModules, staff=(VIEW_MODULES,), always=True, answers=(Modules,))
    async def list_modules(self, message: ListModules) -> ServerMessage:
        modules: Modules = await in_thread(services.list_modules)(self.identity)
        return modules

    @handles(GetModule, staff=(VIEW_MODULES,), always=True, answers=(ModuleMessage,))
    async def get_module(self, message: GetModule) -> ServerMessage:
        module: ModuleMessage = await in_thread(services.get_module)(self.identity, message.moduleID)
        return module

    @handles(SubmitAnswer, staff=OWNER_ONLY, answers=(AnswerResult,))
    async def submit_answer(self, message: SubmitAnswer) -> ServerMessage:
        result: AnswerResult = await in_thread(services.submit_answer)(self.identity, message.key, message.answer)
        return result

    # --- broadcasts from other processes -----------------------------------------------------------------------------

    async def progress_changed(self, message: dict[str, Any]) -> None:
        if message["but"] == self.channel_name:
            return
        try:
            totals = await in_thread(services.read_totals)(self.identity)
        except StorageUnavailable:
            logger.warning("%s could not be told of new points: the storage does not answer", self.identity.owner)
            return
        await self.send_message(_tell(totals, message["earned"]))

    async def progress_tried(self, message: dict[str, Any]) -> None:
        module_id, section_id, question_id = message["key"]
        await self.send_message(
            LabTried(
                moduleID=module_id,
                sectionID=section_id,
                questionID=question_id,
                run_id=UUID(message["run_id"]),
                shortfalls=message["shortfalls"],
            )
        )


def _describe(totals: Totals) -> dict[str, Any]:
    return {
        "progress": totals.counted.to_wire(),
        "totalPoints": totals.of().part,
        "notCounted": totals.uncounted.to_wire(),
    }


def _tell(totals: Totals, earned: list[Any]) -> UserProgressUpdated:
    module_id, section_id, question_id, points = earned or (None, None, None, 0)
    return UserProgressUpdated(
        user_id=totals.record.user_id,
        **_describe(totals),
        moduleID=module_id,
        sectionID=section_id,
        questionID=question_id,
        points=points,
    )
