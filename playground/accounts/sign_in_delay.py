"""Delays after wrong passwords. Used by the authentication backend and by forms that ask for the password again.

Nobody can lock an account. Wrong passwords delay only the browser or network address that sent them:

- Attempts are counted for an account *and* an origin together. The origin is the browser, if a signed cookie shows that
  somebody signed in to the account with it before (`known_browser_cookie`), and otherwise the network address. After
  FREE_FAILURES wrong passwords the origin waits 1 s, then 2, 4, … up to MAX_WAIT_SECONDS, before its next attempt is
  checked. No other origin waits for that.
- A guesser with many addresses makes an account "hot": FAILURES_PER_ACCOUNT wrong passwords from unknown
  browsers within the window. From then on attempts from unknown browsers take turns, one in TURN_SECONDS. A
  refused attempt reserves the next place and is told its time, so asking more often gains nothing. Each network (IPv4
  /24, IPv6 /48) holds one future place at a time. So the guesses are bounded however many addresses there are, known
  browsers do not notice, and a new browser of the owner waits for one turn of each attacking network at most.
- A guesser who tries one password on many accounts makes an address "hot": FAILURES_PER_ADDRESS wrong
  passwords in all. From then on unknown browsers have one wrong password for each account before they wait. The
  first attempt is never refused: a school behind one address goes on signing in.

An attempt that comes too early is refused before the password is checked, which costs one query and no thread. It
does not make the wait longer. An attempt is counted before its outcome is known, so that concurrent ones are bounded,
too. Names without an account are treated in the same way, so that nobody learns which names exist.
"""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from playground.accounts.rate_limits import hash_subject
from playground.models import Throttle

FREE_FAILURES = 10  # wrong passwords for one account from one browser or address before it has to wait
FAILURES_PER_ACCOUNT = 50  # wrong passwords for one account from all browsers that never signed in to it
FAILURES_PER_ADDRESS = 100  # wrong passwords from one address for any account; then FREE_FAILURES is 1 for it
TURN_SECONDS = 5  # between two turns of browsers that never signed in to an account under attack
MAX_WAIT_SECONDS = 60  # the longest wait before the next attempt; short, since others may share the address
WINDOW_SECONDS = 3_600  # for which wrong passwords are remembered

NAME = "sign-in"
FREE_AT_HOT_ADDRESS = 1  # wrong passwords for each account


@dataclass(frozen=True)
class SignInDelay:
    """The delay of one origin for one account.

    Parameters
    ----------
    account
        The account's name, as it was typed.
    origin
        A network address, or the name of a known browser.
    is_known
        Whether the browser is known. Then the limits of the account and of the network address do not apply.
    """

    account: str
    origin: str
    is_known: bool = False

    def begin(self) -> int:
        """Count an attempt and return 0, or return the seconds until the next one is allowed and count nothing."""
        now = timezone.now()
        early = self._pair.filter(not_before__gt=now).values_list("not_before", flat=True).first()
        if early is not None:
            return _seconds(early - now)
        with transaction.atomic():
            return self._begin_locked()

    def succeed(self) -> None:
        """Forget the failures of this origin: the password was right."""
        self._pair.delete()
        if not self.is_known:
            self._totals.update(count=Greatest(F("count"), 1) - 1)

    def take_back(self) -> None:
        """Uncount the attempt that `begin` has just allowed: its password was not checked."""
        one_less = Greatest(F("count"), 1) - 1
        self._pair.update(count=one_less, not_before=timezone.now())
        if not self.is_known:
            self._totals.update(count=one_less)

    def find_wait(self) -> int:
        """Return the seconds until the next attempt is allowed."""
        not_before = self._pair.values_list("not_before", flat=True).first()
        return max(0, _seconds(not_before - timezone.now())) if not_before else 0

    def _begin_locked(self) -> int:
        pair = _lock(self._account_key, self._origin_key)
        now = timezone.now()  # again: the lock may have taken a while
        if pair.not_before > now:
            return _seconds(pair.not_before - now)
        free = FREE_FAILURES
        if not self.is_known:
            if not pair.has_turn and (wait := self._find_turn(pair)):
                return wait
            if self._is_address_hot(now):
                free = min(free, FREE_AT_HOT_ADDRESS)
            for subject, origin in ((self._account_key, ""), ("", self._origin_key)):
                _count(subject, origin, now)
        pair.has_turn = False
        pair.count += 1
        pair.not_before = now + timedelta(seconds=_compute_wait(pair.count - free))
        pair.expires = pair.not_before + _window()
        pair.save()
        return 0

    def _find_turn(self, pair: Throttle) -> int:
        """Return 0 if it is this origin's turn. Otherwise reserve a turn and return the seconds until then.

        If another origin of the network has reserved a turn, return the seconds until that and reserve nothing.
        """
        hot = Throttle.objects.select_for_update().filter(
            name=NAME,
            subject=self._account_key,
            origin="",
            count__gte=FAILURES_PER_ACCOUNT,
            expires__gt=timezone.now(),
        )
        account = hot.first()
        if account is None:
            return 0
        network = _lock(self._account_key, hash_subject(f"network {find_network(self.origin)}"))
        now = timezone.now()  # again: the lock may have taken a while
        if network.not_before > now:  # another origin of this network holds its place
            return _seconds(network.not_before - now)
        turn = max(now, account.not_before)
        account.not_before = turn + timedelta(seconds=TURN_SECONDS)
        account.save(update_fields=["not_before"])
        wait = _seconds(turn - now)
        if wait:
            pair.has_turn = True
            for row in (pair, network):
                row.not_before, row.expires = turn, max(row.expires, turn + _window())
                row.save()
        return wait

    def _is_address_hot(self, now: datetime) -> bool:
        address = Throttle.objects.filter(name=NAME, subject="", origin=self._origin_key, expires__gt=now)
        return address.filter(count__gte=FAILURES_PER_ADDRESS).exists()

    @property
    def _account_key(self) -> str:
        return hash_subject(self.account)

    @property
    def _origin_key(self) -> str:
        return hash_subject(self.origin)

    @property
    def _pair(self):  # type: ignore[no-untyped-def]
        return Throttle.objects.filter(
            name=NAME, subject=self._account_key, origin=self._origin_key, expires__gt=timezone.now()
        )

    @property
    def _totals(self):  # type: ignore[no-untyped-def]
        """The rows of the account and of the address."""
        rows = Throttle.objects.filter(name=NAME)
        return rows.filter(subject=self._account_key, origin="") | rows.filter(subject="", origin=self._origin_key)


def unlock(name: str) -> int:
    """Forget all attempts on an account of this name, or from this network address. Return the number of counters."""
    key = hash_subject(name)
    deleted, _ = (Throttle.objects.filter(subject=key) | Throttle.objects.filter(origin=key)).delete()
    return deleted


def find_network(origin: str) -> str:
    """Return the network that shares places: the /24 of an IPv4 address, the /48 of an IPv6 network, or `origin`."""
    try:
        network = ipaddress.ip_network(origin)
    except ValueError:
        return origin
    prefix = 24 if network.version == 4 else 48
    return str(network.supernet(new_prefix=prefix)) if network.prefixlen > prefix else str(network)


def _lock(subject: str, origin: str) -> Throttle:
    """Return the row, locked until the transaction ends."""
    now = timezone.now()
    row, _ = Throttle.objects.select_for_update().get_or_create(
        name=NAME, subject=subject, origin=origin, defaults={"expires": now + _window(), "not_before": now}
    )
    if row.expires <= now:
        row.count, row.not_before, row.has_turn = 0, now, False
    return row


def _count(subject: str, origin: str, now: datetime) -> None:
    """Count an attempt in the total of an account or of an address. The period begins with the first attempt."""
    row = Throttle.objects.filter(name=NAME, subject=subject, origin=origin)
    expires = now + _window()
    if row.filter(expires__gt=now).update(count=F("count") + 1):
        return
    if not row.update(count=1, not_before=now, expires=expires):
        _, is_new = Throttle.objects.get_or_create(
            name=NAME, subject=subject, origin=origin, defaults={"count": 1, "expires": expires, "not_before": now}
        )
        if not is_new:
            row.update(count=F("count") + 1)


def _compute_wait(excess: int) -> int:
    """Return the seconds to wait after a failure that exceeds the free ones by `excess`: 1, 2, 4, …"""
    return min(MAX_WAIT_SECONDS, 2 ** min(excess - 1, 30)) if excess > 0 else 0


def _seconds(wait: timedelta) -> int:
    return math.ceil(wait.total_seconds())


def _window() -> timedelta:
    return timedelta(seconds=WINDOW_SECONDS)
