"""Every kind of finding there is; docs/datasets.md lists them, and a test holds it to this table."""

from lambdas.dataset.validation.kinds.kind import Kind, Severity
from lambdas.dataset.validation.kinds.shape import SHAPE
from lambdas.dataset.validation.kinds.syntax import SYNTAX
from lambdas.dataset.validation.kinds.text import TEXT
from lambdas.dataset.validation.kinds.whole import WHOLE

__all__ = ["KINDS", "SHAPE", "SYNTAX", "TEXT", "WHOLE", "Kind", "Severity"]

KINDS = (*TEXT, *SYNTAX, *SHAPE, *WHOLE)
