"""Many trainings asked for at once: what varies, what becomes of each combination, and whether two runs differ."""
