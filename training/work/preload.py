"""Loading of libraries, and a first run of each task, in the process from which workers are forked.

It takes seconds, which a new worker then saves, and the workers share the memory. Where workers are spawned, nothing
imports this module, and each worker does the same by itself.
"""

from __future__ import annotations

import gc
import logging
import signal

from training.work.worker import set_up


def _preload() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # at Ctrl-C the server stops its workers
    set_up()
    import torch

    torch.set_num_threads(1)  # threads do not survive a fork
    from training.work.execute import warm_up_checks, warm_up_training

    warm_up_checks()
    if not torch.cuda.is_available():  # a process that has used a GPU cannot be forked
        warm_up_training()
    gc.collect()
    gc.freeze()  # otherwise the first collection in each worker would copy all of this memory


try:
    _preload()
except Exception:
    # Each worker then does the same by itself, and its errors are reported to the server.
    logging.getLogger(__name__).exception("workers start slowly")
