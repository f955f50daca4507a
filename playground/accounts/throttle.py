"""How often something may be tried: counters in Django's cache. Called by the sign-in, the sign-up and the reset."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest

from playground.wire.address import read_address


@dataclass(frozen=True)
class Limit:
    """At most `most` tries of one `who` within `seconds`, counted from the first."""

    name: str
    most: int
    seconds: int

    def allows(self, who: str) -> bool:
        """Counts this try, before its outcome is known: of many at once no more than `most` get through."""
        key = self._key(who)
        cache.add(key, 0, self.seconds)
        try:
            return cache.incr(key) <= self.most
        except ValueError:  # it lapsed between the two
            cache.set(key, 1, self.seconds)
            return self.most > 0

    def is_spent(self, who: str) -> bool:
        return bool(cache.get(self._key(who), 0) > self.most)

    def give_back(self, who: str) -> None:
        """The last try is not to count after all."""
        try:
            cache.decr(self._key(who))
        except ValueError:
            return  # it has lapsed

    def forget(self, who: str) -> None:
        cache.delete(self._key(who))

    def _key(self, who: str) -> str:
        return f"throttle.{self.name}.{hashlib.sha256(who.casefold().encode()).hexdigest()[:32]}"


def address_of(request: HttpRequest) -> str:
    """Return the visitor's address, by which tries are counted. See `playground.wire.address`."""
    return read_address(request)
