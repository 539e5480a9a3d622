"""The fault sweep: one run from upload to promotion for each service call that it makes, and for each way in which the
call can fail. `make faults` runs all of them, the gate a seeded tenth (`tests/unit/test_fault_sweep.py`).
"""
