"""Who asks a question: engines divide the time of their question workers between askers."""

from __future__ import annotations

from dataclasses import dataclass

from playground.wire.identity import GUEST_PREFIX, Identity


@dataclass(frozen=True)
class Asker:
    """`owner` is the owner of the asker's rows, such as `user:5`.

    `address` is the key of the network address from which the asker asks; empty for commands.
    """

    owner: str
    address: str = ""

    @classmethod
    def from_identity(cls, identity: Identity) -> Asker:
        return cls(identity.owner, identity.address)

    @property
    def is_guest(self) -> bool:
        return self.owner.startswith(GUEST_PREFIX)

    @property
    def group(self) -> str:
        """Name the askers who are counted together: the guests, or the accounts, at one address. Empty for commands."""
        return f"{'guests' if self.is_guest else 'accounts'} {self.address}" if self.address else ""
