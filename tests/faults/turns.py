"""Runs tasks by turns: each is a thread, one of them works at a time, and a seed decides which one is next.

A turn ends at a service call or a wait. So functions that run at the same time meet each other's writes between any two
calls, and a failure is repeated by its seed.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

STAYS = 0.8
"""The probability that a task goes on at a service call. Changes of the thread at every call would take most of the
time, and tasks would never be far apart."""


class Stuck(Exception):
    """A task does not end its turn: it waits for something outside its control."""


class Task:
    """Attributes:
    wakes_at: virtual epoch seconds before which it has nothing to do.
    """

    def __init__(self, name: str, wakes_at: float, work: Callable[[], object]) -> None:
        self.name, self.wakes_at, self.ended = name, wakes_at, False
        self.error: BaseException | None = None
        self._work = work
        self._go, self._back = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def _run(self) -> None:
        self._go.wait()
        try:
            self._work()
        except BaseException as error:  # the test reports it
            self.error = error
        self.ended = True
        self._back.set()

    def take_turn(self, most: float) -> None:
        """Lets it work until its turn ends. `most`: real seconds; longer is an error of the test itself."""
        if not self.thread.is_alive():
            self.thread.start()
        self._go.set()
        if not self._back.wait(most):
            raise Stuck(self.name)
        self._back.clear()
        if self.error:
            raise self.error

    def end_turn(self) -> None:
        """Called by the task itself."""
        self._go.clear()
        self._back.set()
        self._go.wait()


@dataclass
class Turns:
    """tasks: those that have not ended. LONGEST: real seconds of one turn."""

    seed: int
    tasks: list[Task] = field(default_factory=list)
    LONGEST = 120.0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def add(self, name: str, at: float, work: Callable[[], object]) -> None:
        self.tasks.append(Task(name, at, work))

    @property
    def current(self) -> Task | None:
        """The task of this thread; None in any other, such as the test's own."""
        return next((task for task in self.tasks if task.thread is threading.current_thread()), None)

    def call(self) -> None:
        """A service call is about to be made."""
        task = self.current
        if task and self._random.random() > STAYS:
            task.end_turn()

    def sleep(self, until: float) -> bool:
        """Ends the turn of this thread's task until then. False where the thread is none of the tasks."""
        task = self.current
        if task is None:
            return False
        task.wakes_at = until
        task.end_turn()
        return True

    def take_one(self, now: float) -> bool:
        """Lets one of the tasks that have something to do work. False where none has."""
        ready = [task for task in self.tasks if task.wakes_at <= now]
        if not ready:
            return False
        task = self._random.choice(ready)
        task.take_turn(self.LONGEST)
        if task.ended:
            self.tasks.remove(task)
        return True
