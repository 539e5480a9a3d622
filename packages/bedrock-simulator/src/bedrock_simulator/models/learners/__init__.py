"""The small models that a distilled student can be: one module for each kind of task, and `kinds`, which chooses."""
