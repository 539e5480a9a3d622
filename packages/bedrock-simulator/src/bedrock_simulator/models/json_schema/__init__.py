"""JSON that satisfies a JSON schema, for stand-ins that must answer in it.

Keywords: those of Draft 2020-12 that describe values (and `definitions`, tuples as `items`, boolean exclusive bounds of
older drafts). References are internal. What cannot be satisfied, or not within some attempts, is refused.
"""

from bedrock_simulator.models.json_schema.generate import Unsatisfiable, generate

__all__ = ["Unsatisfiable", "generate"]
