"""Which story a point is of."""

from distillery.core.hosting_mode import HostingMode
from tests.faults import replacing, sharing, sweep
from tests.faults.kinds import Point, Story
from tests.faults.sweep import Result


def run(point: Point | None, hosting: str = HostingMode.ON_DEMAND, story: Story = Story.UPLOAD) -> Result:
    """Runs the story of a point, or that story without a fault."""
    if point:
        hosting, story = point.hosting, point.story
    match story:
        case Story.REPLACED | Story.ACCEPTED | Story.CANARY | Story.WORSE | Story.ABANDONED | Story.STOPPED:
            return replacing.run(point, hosting, story)
        case Story.SHARE:
            return sharing.run(point, hosting)
    return sweep.run(point, hosting, story)
