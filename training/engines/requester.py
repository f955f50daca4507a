"""Requester: on whose behalf a question is asked. Engines divide the time of question workers between requesters."""

from __future__ import annotations

from dataclasses import dataclass

from playground.wire.identity import GUEST_PREFIX, Identity


@dataclass(frozen=True)
class Requester:
    """An account, a guest or a command that asks questions.

    Parameters
    ----------
    owner
        The owner of the requester's rows, such as `user:5`.
    address
        The key of the network address from which the requester asks. Empty for commands.
    """

    owner: str
    address: str = ""

    @classmethod
    def from_identity(cls, identity: Identity) -> Requester:
        return cls(identity.owner, identity.address)

    @property
    def is_guest(self) -> bool:
        return self.owner.startswith(GUEST_PREFIX)

    @property
    def group(self) -> str:
        """Return the name of the requesters that are counted together: guests, or accounts, at one address.

        Empty for commands.
        """
        return f"{'guests' if self.is_guest else 'accounts'} {self.address}" if self.address else ""
