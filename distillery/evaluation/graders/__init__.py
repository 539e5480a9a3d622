"""Grades one answer. `grade` states what a grader is; each other module is one grader."""
