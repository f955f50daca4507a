"""`python -m tests.attacks load [uvicorn|daphne …]`: what others notice while five attackers run for a minute.

An account and a guest of another network address use the server, first alone, then beside the attackers, who come from
127.0.0.1 like the account. The server has its default settings; only links to this machine are allowed, for a link
that trickles.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import statistics
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import psutil

from tests.attacks.attackers import ATTACKERS, FAILURES, Target, run
from tests.attacks.cases import COMMANDS
from tests.attacks.visitor import PASSWORD, Visitor
from tests.server import Server, Talk

QUIET_SECONDS, ATTACK_SECONDS = 20, 60
MOST_SECONDS = 2.0
"""The longest that an answer to another owner may take."""
MOST_MB = 300
"""The most that a process of the server may grow by."""
USERNAME = "learner"
ELSEWHERE = "127.0.0.2"
MODULE = "what-a-model-is"
LESSON = {"default": "IRIS", "epochs": 1}


@dataclass
class Waits:
    """Seconds that one visitor waited, by event, and the errors that it received instead of answers."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def all(self) -> list[float]:
        return [wait for waits in self.seconds.values() for wait in waits]

    def __str__(self) -> str:
        if not self.all:
            return "no answers"
        worst = {event: max(waits) for event, waits in self.seconds.items()}
        slowest = ", ".join(f"{event} {wait:.2f}" for event, wait in sorted(worst.items(), key=lambda item: -item[1]))
        text = (
            f"{len(self.all)} answers, median {1000 * statistics.median(self.all):.0f} ms, worst {max(self.all):.2f} s"
        )
        errors = "".join(f", {number} times {code}" for code, number in self.errors.items())
        return f"{text} ({slowest}){errors}"


class Honest(threading.Thread):
    """A visitor that uses the server as a page does, until it is told to stop."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__(daemon=True)
        self.waits = Waits()
        self._visitor = visitor
        self._stopped = threading.Event()
        self._talks: dict[str, Talk] = {}

    def run(self) -> None:
        while not self._stopped.wait(0.2):
            self._ask("/ws/training/", "checkTraining", **LESSON)
            self._ask("/ws/training/", "listTrainings")
            self._ask("/ws/training/", "describeDataset", default="IRIS")
            queued = self._ask("/ws/training/", "runTraining", **LESSON)
            self._ask("/ws/progress/", "getModule", moduleID=MODULE)
            if queued and "run_id" in queued:  # or the number of active runs of one owner would be reached
                with contextlib.suppress(*FAILURES):
                    self._talks["/ws/training/"].send("cancelTraining", run_id=queued["run_id"])

    def stop(self) -> Waits:
        self._stopped.set()
        self.join(60)
        for talk in list(self._talks.values()):
            talk.connection.close()
        return self.waits

    def _ask(self, path: str, event: str, **data: Any) -> dict[str, Any] | None:
        began = time.perf_counter()
        try:
            if path not in self._talks:
                self._talks[path] = self._visitor.talk(path)
            answer = self._talks[path].ask(event, **data)
        except FAILURES as error:
            self._talks.pop(path, None)
            self.waits.errors[f"{type(error).__name__} ({event})"] += 1
            answer = {"event": "error", "data": {}}
        self.waits.seconds[event].append(time.perf_counter() - began)
        if answer["event"] == "error":
            if "code" in answer["data"]:
                self.waits.errors[f"{answer['data']['code']} ({event})"] += 1
            return None
        return dict(answer["data"])


class Growth(threading.Thread):
    """Watches the unique set size (USS) of each process of a server: the memory that it shares with no other.

    A process that starts later, such as a replaced worker, is compared with the largest that was there at the start.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._root = psutil.Process(pid)
        self._stopped = threading.Event()
        self._begin = {process.pid: size for process, size in self._measure()}
        self._newcomer = max(size for number, size in self._begin.items() if number != pid)
        self.most: dict[int, float] = dict.fromkeys(self._begin, 0.0)

    def run(self) -> None:
        while not self._stopped.wait(1):
            for process, size in self._measure():
                grown = size - self._begin.get(process.pid, self._newcomer)
                self.most[process.pid] = max(self.most.get(process.pid, 0.0), grown)

    def stop(self) -> dict[int, float]:
        """Return the most MB that each process grew by."""
        self._stopped.set()
        self.join()
        return self.most

    def _measure(self) -> list[tuple[psutil.Process, float]]:
        sizes = []
        for process in [self._root, *self._root.children(recursive=True)]:
            try:
                sizes.append((process, process.memory_full_info().uss / 1e6))
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return sizes


def measure(name: str) -> bool:
    """Attack one server and print what others noticed. Return whether the bounds were kept."""
    server = Server(command=COMMANDS[name], LINK_NETWORKS="127.0.0.0/8")
    try:
        server.start()
        server.manage(
            "shell",
            "--no-imports",
            "-c",
            "from django.contrib.auth.models import User; "
            f"User.objects.create_user({USERNAME!r}, '{USERNAME}@example.org', {PASSWORD!r})",
        )
        account = Visitor(server)  # type: ignore[arg-type]
        account.sign_in(USERNAME)
        visitors = {"account beside the attackers": account, "guest elsewhere": Visitor(server, ELSEWHERE)}
        print(f"--- {name}: {QUIET_SECONDS} s without attackers, {ATTACK_SECONDS} s with {len(ATTACKERS)}", flush=True)
        _use(visitors, 5)  # warms up
        quiet = _use(visitors, QUIET_SECONDS)
        growth = Growth(server.pid)
        growth.start()
        web = server.pid
        attacked = _use_under_attack(visitors, Target(server.port, USERNAME))
        most = growth.stop()
    finally:
        server.close()
    kept = max(most.values()) <= MOST_MB
    for who in visitors:
        fits = max(attacked[who].all, default=MOST_SECONDS + 1) <= MOST_SECONDS and not attacked[who].errors
        kept = kept and fits
        print(f"{who}, without: {quiet[who]}")
        print(f"{who}, with:    {attacked[who]}{'' if fits else '  MISSED'}")
    grown = {pid: mb for pid, mb in most.items() if mb >= 1}
    processes = ", ".join(f"{'web process' if pid == web else pid} {mb:.0f}" for pid, mb in grown.items())
    processes += f", and less than 1 in {len(most) - len(grown)} others"
    print(f"growth (USS) in MB: {processes}{'' if max(most.values()) <= MOST_MB else '  MISSED'}", flush=True)
    return kept


def _use(visitors: dict[str, Visitor], seconds: float) -> dict[str, Waits]:
    users = {who: Honest(visitor) for who, visitor in visitors.items()}
    for user in users.values():
        user.start()
    time.sleep(seconds)
    return {who: user.stop() for who, user in users.items()}


def _use_under_attack(visitors: dict[str, Visitor], target: Target) -> dict[str, Waits]:
    spawn = multiprocessing.get_context("spawn")
    attackers = [spawn.Process(target=run, args=(attack, target, ATTACK_SECONDS), daemon=True) for attack in ATTACKERS]
    for attacker in attackers:
        attacker.start()
    try:
        return _use(visitors, ATTACK_SECONDS)
    finally:
        for attacker in attackers:
            attacker.join(10)
            attacker.kill()


def main(names: list[str]) -> int:
    kept = [measure(name) for name in names or COMMANDS]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
