"""Every kind of finding there is; docs/datasets.md lists them, and a test holds it to this table."""

from distillery.datasets.validation.rules_table.kind import Kind, Severity
from distillery.datasets.validation.rules_table.shape import SHAPE
from distillery.datasets.validation.rules_table.syntax import SYNTAX
from distillery.datasets.validation.rules_table.text import TEXT
from distillery.datasets.validation.rules_table.whole import WHOLE

__all__ = ["KINDS", "SHAPE", "SYNTAX", "TEXT", "WHOLE", "Kind", "Severity"]

KINDS = (*TEXT, *SYNTAX, *SHAPE, *WHOLE)
