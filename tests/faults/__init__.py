"""What breaks while learners train, and that nobody notices: processes killed, connections cut, at random moments.

`python -m tests.faults` does all of it and prints counts; test_faults.py does a little of each.
"""
