"""Intervals and one-sided tests of the verdict, pure. They import numpy alone; docs/verdict-method.md has the sources."""
