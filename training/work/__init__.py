"""The work of a worker process: training, sweeps, answers and files. Only these modules load torch."""
