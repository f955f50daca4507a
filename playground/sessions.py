"""Sessions in the database, which are prolonged while they are used. Named in `SESSION_ENGINE`.

A guest is known by the session alone: when it ends, the guest's runs are lost to them. So a guest's session lives for
twice KEEP_GUEST_RUNS_DAYS and is prolonged when less than half of that is left: what a guest does is kept for
KEEP_GUEST_RUNS_DAYS at least, and the session no shorter. Only the row's date is written then, a few times a year and
not on every request, and no concurrent change of the session is overwritten.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

FOR_EVER_DAYS = 3_650  # browsers keep a cookie for 400 days at most, and get a new one long before

logger = logging.getLogger(__name__)


class SessionStore(DatabaseStore):
    """One session. `stored_until` is the date in its row when it was loaded or prolonged; None for a new one."""

    stored_until: datetime | None = None

    def get_session_cookie_age(self) -> int:
        """Return for how many seconds the session and its cookie are good from now on."""
        if SESSION_KEY in self._session:  # type: ignore[attr-defined]
            return settings.SESSION_COOKIE_AGE
        days = settings.KEEP_GUEST_RUNS_DAYS
        return int(timedelta(days=2 * days if days else FOR_EVER_DAYS).total_seconds())

    def renew(self) -> bool:
        """Prolong the session if less than half of its time is left, and return whether it was."""
        now, age = timezone.now(), timedelta(seconds=self.get_expiry_age())  # which loads the session
        if not self.session_key or self.stored_until is None:
            return False
        if self.stored_until - now > age / 2:
            return False
        until = now + age
        row = self.model.objects.filter(session_key=self.session_key, expire_date__gt=now)
        self.stored_until = until
        return bool(row.update(expire_date=until))

    def _get_session_from_db(self) -> Any:
        return self._note(super()._get_session_from_db())  # type: ignore[misc]

    async def _aget_session_from_db(self) -> Any:
        return self._note(await super()._aget_session_from_db())  # type: ignore[misc]

    def _note(self, row: Any) -> Any:
        self.stored_until = row.expire_date if row is not None else None
        return row


class RenewSessionMiddleware(MiddlewareMixin):
    """Prolongs the session of a request that used it, and the cookie with it. Stands after Django's SessionMiddleware,
    which does so only where the session has changed.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        session: Any = request.session
        try:
            renewed = session.accessed and session.renew()
        except DatabaseError:
            # The next request tries again: this one has its answer.
            logger.warning("a session could not be prolonged", exc_info=True)
            return response
        if renewed:
            response.set_cookie(
                settings.SESSION_COOKIE_NAME,
                session.session_key,
                max_age=session.get_expiry_age(),
                domain=settings.SESSION_COOKIE_DOMAIN,
                path=settings.SESSION_COOKIE_PATH,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=settings.SESSION_COOKIE_HTTPONLY,
                samesite="Lax",
            )
        return response
