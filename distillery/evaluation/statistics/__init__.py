"""Intervals and one-sided tests of the verdict, pure. They import numpy alone. Sources: docs/verdict-method.md."""
