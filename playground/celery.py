"""Celery's application: `celery -A playground worker`. Loaded only where TRAINING_ENGINE=celery.

A worker for all queues trains, and starts a child worker for questions and mail, so that no question waits for a run.
With `-Q` each kind of worker can be started alone, on any machine.
"""

from __future__ import annotations

from typing import Any

from celery import Celery, bootsteps
from celery.signals import celeryd_init, setup_logging
from django.conf import settings
from kombu import Queue

from playground.child_worker import ChildWorker, end_with_parent
from playground.startup import load_settings, refuse, set_up
from playground.wire.groups import serve_from_a_thread
from training.queues import GPU, QUESTIONS, TRAINING

MAIL = "mail"

load_settings()

app = Celery("playground")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name, routing_key=name) for name in (TRAINING, GPU, QUESTIONS, MAIL)]
app.conf.task_routes = {"notifications.deliver": {"queue": MAIL}}
app.autodiscover_tasks(["training", "notifications"])
app.set_default()


@celeryd_init.connect
def _set_up(**_: Any) -> None:
    """Check the settings before a worker starts, as servers do. Celery itself discards the result of the checks."""
    if settings.TRAINING_ENGINE != "celery":
        refuse(f"TRAINING_ENGINE is {settings.TRAINING_ENGINE!r}. Set TRAINING_ENGINE=celery for servers and workers.")
    set_up()


@setup_logging.connect
def _leave_logging_alone(**_: Any) -> None:
    """Do nothing. Without a receiver of this signal, Celery would replace the logging of the settings."""


class WorkStep(bootsteps.StartStopStep):
    """Start the parts of this worker before it takes messages, and stop them when it takes no more."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        queues = worker.app.amqp.queues
        if set(queues.consume_from) == set(queues):  # without -Q: a worker with a GPU is started with -Q gpu
            queues.deselect(GPU)
        taken = set(queues.consume_from)
        aside = taken & {QUESTIONS, MAIL} if taken & {TRAINING, GPU} else set()
        for name in aside:
            queues.deselect(name)
        self.queues = taken - aside
        self.child = ChildWorker(sorted(aside)) if aside else None
        self.parts: list[Any] = []

    def start(self, worker: Any) -> None:
        from notifications.delivery import get_delivery  # with models, which are not loaded before Django is set up
        from notifications.tasks import QueuePoller
        from playground.metrics import MetricsPort
        from training.engines.celery_worker import open_celery_worker

        end_with_parent()
        serve_from_a_thread()
        self.parts = [open_celery_worker(self.queues, worker.concurrency), get_delivery()]
        self.parts += [QueuePoller()] if MAIL in self.queues else []
        self.parts += [self.child] if self.child else []
        self.parts += [MetricsPort()] if settings.METRICS_PORT else []
        for part in self.parts:
            part.start()

    def stop(self, worker: Any) -> None:
        for part in self.parts:
            part.stop()
        self.parts = []

    def terminate(self, worker: Any) -> None:
        self.stop(worker)


app.steps["worker"].add(WorkStep)
