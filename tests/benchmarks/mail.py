"""Mail under faults: how many of 200 messages arrive; and what 500 messages in 10 s cost the training socket."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import cycle, islice
from time import perf_counter

from tests.benchmarks.report import median_ms, report
from tests.constants import with_constants
from tests.notifications.flood import MAIL, Flood, Mailbox, ask_for_mail, serving_mailbox
from tests.notifications.smtp import Fault, SmtpServer
from tests.server import Talk, serving

MESSAGES, KILLS, SENDERS = 200, 2, 2
FAULTS = (Fault.NONE, Fault.LATER, Fault.NONE, Fault.DROP, Fault.NONE, Fault.HANG, Fault.NONE, Fault.DROP_KEPT)
PATIENCE = 180  # seconds that all messages may take

FLOOD, FLOOD_SECONDS = 500, 10
ROUNDS, RUNS = 200, 10
LIMIT_MS = 5

NO_LIMITS = {
    "EMAIL_PER_HOUR": "100000",
    "EMAIL_FROM_GUESTS_PER_HOUR": "100000",
    "EMAIL_TO_STRANGERS_PER_HOUR": "100000",
}
MANY = 100_000
CONSTANTS = {
    "playground.wire.consumer.FRAMES_PER_SECOND": 500,
    "notifications.policy.PER_GUEST_PER_DAY": MANY,
    "notifications.policy.PER_STRANGER_PER_DAY": MANY,
    "notifications.policy.TO_STRANGERS_PER_USER_PER_DAY": MANY,
    "notifications.delivery.SENDERS": SENDERS,
}


def measure() -> bool:
    return all([_measure_faults(), _measure_flood()])


def _environment(server: SmtpServer | Mailbox, **constants: int) -> dict[str, str]:
    address = {"EMAIL_BACKEND": "smtp", "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(server.port)}
    return {**NO_LIMITS, **address, **with_constants({**CONSTANTS, **constants})}


def _measure_faults() -> bool:
    """The server is killed twice while it delivers, and the SMTP server goes away for a while, besides its faults."""
    smtp = SmtpServer(islice(cycle(FAULTS), MESSAGES))
    impatient = {
        "EMAIL_TIMEOUT": 1,
        "notifications.mail_queue.RETRY_SECONDS": 1,
        "notifications.mail_queue.LEASE_SECONDS": 2,
    }
    answers: list[float] = []
    with smtp, serving(**_environment(smtp, **impatient)) as server:
        with Talk(server) as training, Talk(server, training.cookie, MAIL) as mail:
            run_id = _train(training)
            began = perf_counter()
            for _ in range(MESSAGES):
                answers.append(ask_for_mail(mail, run_id))
        for kill in range(1, KILLS + 1):
            _await_arrivals(smtp.count, kill * MESSAGES // (KILLS + 2))
            server.kill()
            if kill == 1:
                smtp.stop()
                smtp.start()
            server.start()
        _await_arrivals(smtp.count, MESSAGES)
        seconds = perf_counter() - began
    copies = smtp.message_ids
    twice = sum(copies.values()) - len(copies)
    named = smtp.happened[Fault.DROP_KEPT] + KILLS * SENDERS
    told = ", ".join(f"{count} {fault.name.lower()}" for fault, count in sorted(smtp.happened.items(), key=_order))
    report("a mail: from the frame to emailResult, median", f"{median_ms(answers):.0f} ms", "–", True)
    return report(
        f"{MESSAGES} mails under faults ({told}; the server killed {KILLS} times)",
        f"{len(copies)} arrived in {seconds:.0f} s, {twice} of them twice",
        f"all; twice only what was kept and not acknowledged (at most {named})",
        len(copies) == MESSAGES and twice <= named and max(copies.values()) <= 1 + KILLS,
    )


def _measure_flood() -> bool:
    """Measure the server alone: the mailbox and the clients run in processes of their own."""
    with serving_mailbox() as mailbox, serving(**_environment(mailbox)) as server, Talk(server) as training:
        run_id = _train(training)
        alone = [_time_answer(training) for _ in range(ROUNDS)]
        runs_alone = [_time_first_progress(training, seed) for seed in range(RUNS)]
        flood = Flood(server, training.cookie, run_id, mails=FLOOD, seconds=FLOOD_SECONDS)
        flood.start()
        beside = []
        while not flood.is_over():
            beside.append(_time_answer(training))
            time.sleep(FLOOD_SECONDS / ROUNDS)
        answers = flood.read_answers()
        ended = perf_counter()
        _await_arrivals(mailbox.count, FLOOD)
        late = perf_counter() - ended
        flood = Flood(server, training.cookie, run_id, mails=FLOOD, seconds=FLOOD_SECONDS)
        flood.start()
        runs_beside = []
        while not flood.is_over():
            runs_beside.append(_time_first_progress(training, seed=RUNS + len(runs_beside)))
    report(
        f"{FLOOD} mails queued in {FLOOD_SECONDS} s: from the frame to emailResult, median",
        f"{median_ms(answers):.0f} ms, all out {late:.1f} s later",
        "–",
        True,
    )
    report(
        f"meanwhile: frame to first trainingProgress, IRIS, median of {len(runs_beside)}",
        f"{median_ms(runs_beside):.0f} ms (slowest {1000 * max(runs_beside):.0f}); {median_ms(runs_alone):.0f} without",
        "–",
        True,
    )
    more = median_ms(beside) - median_ms(alone)
    return report(
        f"meanwhile: an answer of the training socket, listTrainings, median of {len(beside)}",
        f"{median_ms(beside):.1f} ms (slowest {1000 * max(beside):.0f}); {median_ms(alone):.1f} without",
        f"at most {LIMIT_MS} ms more",
        more <= LIMIT_MS,
    )


def _train(talk: Talk) -> str:
    talk.send("runTraining", default="IRIS", epochs=10)
    run_id: str = talk.receive_until("trainingArtifacts")[-1]["data"]["run_id"]
    return run_id


def _time_answer(talk: Talk) -> float:
    began = perf_counter()
    talk.ask("listTrainings", limit=1)
    return perf_counter() - began


def _time_first_progress(talk: Talk, seed: int) -> float:
    began = perf_counter()
    talk.send("runTraining", default="IRIS", seed=seed, epochs=10)
    talk.receive_until("trainingProgress")
    taken = perf_counter() - began
    talk.receive_until("trainingArtifacts")  # otherwise the next run waits for a worker that still builds files
    return taken


def _await_arrivals(count: Callable[[], int], wanted: int) -> None:
    deadline = perf_counter() + PATIENCE
    while count() < wanted:
        if perf_counter() > deadline:
            raise AssertionError(f"{count()} of {wanted} messages arrived in {PATIENCE} s")
        time.sleep(0.02)


def _order(happened: tuple[Fault, int]) -> int:
    return happened[0].value
