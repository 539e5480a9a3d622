"""Every kind of finding there is; docs/datasets.md lists them, and a test holds it to this table."""

from distillery.datasets.validation.kinds.kind import Kind, Severity
from distillery.datasets.validation.kinds.shape import SHAPE
from distillery.datasets.validation.kinds.syntax import SYNTAX
from distillery.datasets.validation.kinds.text import TEXT
from distillery.datasets.validation.kinds.whole import WHOLE

__all__ = ["KINDS", "SHAPE", "SYNTAX", "TEXT", "WHOLE", "Kind", "Severity"]

KINDS = (*TEXT, *SYNTAX, *SHAPE, *WHOLE)
