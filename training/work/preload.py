"""What every worker has loaded, and done once, before it is forked. Imported for that by the process that forks them.

It takes seconds, which a worker that takes another's place need not wait for again; and what is loaded lies in memory
once for all of them. Where workers are spawned nobody imports this, and each does the same by itself.
"""

from __future__ import annotations

import gc
import logging
import signal

from training.work.worker import set_up


def _preload() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to handle
    set_up()
    import torch

    torch.set_num_threads(1)  # threads do not survive a fork
    from training.work.execute import warm_up_checks, warm_up_training

    warm_up_checks()
    if not torch.cuda.is_available():  # what has begun to use a GPU can no longer be forked
        warm_up_training()
    gc.collect()
    gc.freeze()  # or the first collection of each worker would write to, and so copy, all of it


try:
    _preload()
except Exception:
    # Workers will do by themselves what could not be done here, and say so where it is heard.
    logging.getLogger(__name__).exception("workers start slowly")
