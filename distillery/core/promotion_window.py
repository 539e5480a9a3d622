"""The promotion window: when students may go live. Outside of it, a student that passed waits for a person, who accepts
it in the window. A roll-back is never limited."""

import json
import os
from dataclasses import dataclass
from datetime import datetime

from distillery.core.business_hours import WORKING_DAYS, BusinessHours, Weekday, hours_sentence
from distillery.core.env_vars import Variable
from distillery.core.serialization import from_wire, to_wire


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionWindow(BusinessHours):
    """When students may go live: by a verdict, or because a person accepts one."""

    opens: str
    """When the window opens, such as "09:00"."""
    closes: str
    """When it closes, later on the same day, such as "16:00"; at the latest "24:00". A change that has begun by then is
    completed."""
    timezone: str
    """A time zone of the IANA database, such as "Europe/Berlin"."""
    days: tuple[Weekday, ...] = WORKING_DAYS
    """On which days."""

    def closed(self, now: datetime) -> str:
        """Why nothing goes live now, with the next opening; empty in the window."""
        return "" if self.is_open(now) else f"outside of the promotion window ({hours_sentence(self, now)})"


def dump(window: PromotionWindow) -> str:
    """The value of the variable that functions read."""
    return json.dumps(to_wire(window), sort_keys=True)


def closed_now(now: datetime) -> str:
    """Why nothing goes live now in this environment; empty without a window, and in it."""
    text = os.environ.get(Variable.PROMOTION_WINDOW)
    return from_wire(PromotionWindow, json.loads(text)).closed(now) if text else ""
