"""The teacher-student pairs that Bedrock distils, or once did.

Source: UG prequisites-model-distillation, whose table still prints pairs of dead models. `last` is the last day
on which a new job could start: the day before the teacher ended, or before the student became Legacy (a Legacy
base takes no new customization job: UG model-lifecycle-legacy). First days are UNVERIFIED.
"""

from datetime import date, timedelta

from distillery.core.catalog import regions, sources
from distillery.core.catalog.amazon import NOVA_LITE, NOVA_MICRO, NOVA_PRO
from distillery.core.catalog.amazon_later import NOVA_PREMIER
from distillery.core.catalog.anthropic import HAIKU_3, SONNET_3_5, SONNET_3_5_V2
from distillery.core.catalog.meta import (
    LLAMA_3_1_8B,
    LLAMA_3_1_70B,
    LLAMA_3_1_405B,
    LLAMA_3_2_1B,
    LLAMA_3_2_3B,
    LLAMA_3_3_70B,
)
from distillery.core.catalog.types import Model, Pair, Regions, TeacherAs

_GENERAL = date(2025, 4, 30)
"""General availability, with more teachers and students. UNVERIFIED."""

_LAUNCH_PAIR = (
    f"{sources.LAUNCH}; no page at hand prints the row: UNVERIFIED. Today: {sources.DISTILLATION}, 'not currently "
    "available for Anthropic models'"
)


def _last(teacher: Model, student: Model) -> date | None:
    ends = [day for day in (teacher.life.ends, student.life.declines) if day]
    return min(ends) - timedelta(days=1) if ends else None


def _pairs(
    teacher: Model,
    *students: Model,
    region: Regions,
    teacher_as: TeacherAs,
    first: date,
    source: str = sources.DISTILLATION,
) -> tuple[Pair, ...]:
    return tuple(
        Pair(teacher.id, student.id, region, teacher_as, first, _last(teacher, student), source) for student in students
    )


PAIRS: tuple[Pair, ...] = (
    *_pairs(
        NOVA_PRO,
        NOVA_LITE,
        NOVA_MICRO,
        region=regions.US_EAST_1,
        teacher_as=TeacherAs.BOTH,
        first=sources.LAUNCH_DAY,
    ),
    *_pairs(
        NOVA_PREMIER,
        NOVA_LITE,
        NOVA_MICRO,
        NOVA_PRO,
        region=regions.US_EAST_1,
        teacher_as=TeacherAs.PROFILE,
        first=_GENERAL,
    ),
    *_pairs(
        LLAMA_3_1_405B,
        LLAMA_3_1_8B,
        LLAMA_3_1_70B,
        region=regions.US_WEST_2,
        teacher_as=TeacherAs.IN_REGION,
        first=sources.LAUNCH_DAY,
    ),
    *_pairs(
        LLAMA_3_1_405B,
        LLAMA_3_2_1B,
        LLAMA_3_3_70B,
        region=regions.US_WEST_2,
        teacher_as=TeacherAs.IN_REGION,
        first=_GENERAL,
    ),
    *_pairs(
        LLAMA_3_1_70B,
        LLAMA_3_1_8B,
        LLAMA_3_2_1B,
        LLAMA_3_2_3B,
        region=regions.US_WEST_2,
        teacher_as=TeacherAs.BOTH,
        first=_GENERAL,
    ),
    *_pairs(
        LLAMA_3_3_70B,
        LLAMA_3_1_8B,
        LLAMA_3_2_1B,
        LLAMA_3_2_3B,
        region=regions.US_WEST_2,
        teacher_as=TeacherAs.PROFILE,
        first=_GENERAL,
    ),
    *_pairs(
        SONNET_3_5,
        HAIKU_3,
        region=regions.US_WEST_2,
        teacher_as=TeacherAs.IN_REGION,
        first=sources.LAUNCH_DAY,
        source=_LAUNCH_PAIR,
    ),
    *_pairs(
        SONNET_3_5_V2,
        HAIKU_3,
        region=regions.US_WEST_2,
        teacher_as=TeacherAs.IN_REGION,
        first=sources.LAUNCH_DAY,
        source=_LAUNCH_PAIR,
    ),
)
