"""Attacks on a running server. `python -m tests.attacks` runs all of them under uvicorn and under daphne."""
