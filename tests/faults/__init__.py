"""Inject faults while learners train: kill processes and cut connections at random moments. Learners must not notice.

`python -m tests.faults` injects all faults and prints counts; test_faults.py injects a few of each kind.
"""
