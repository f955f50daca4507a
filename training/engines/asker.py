"""Who asks a question: engines divide the time of their question workers between askers."""

from __future__ import annotations

from dataclasses import dataclass

from playground.wire.identity import Identity


@dataclass(frozen=True)
class Asker:
    """`owner` is the owner of the asker's rows, such as `user:5`.

    `address` is the key of the network address from which a guest asks; empty for accounts, which are counted alone.
    """

    owner: str
    address: str = ""

    @classmethod
    def from_identity(cls, identity: Identity) -> Asker:
        return cls(identity.owner, identity.address if identity.is_guest else "")
