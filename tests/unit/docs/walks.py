"""Three operations in the fake worlds of the unit tests, and which modules of ours they call.

`python -m tests.unit.docs.walks upload` prints the modules as JSON, in the order of their first call. A process of its
own starts with empty caches, so that the trace sees what is loaded once.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[3]
PRODUCT = ("distillery", "infra", "lambdas", "local", "stacks", "packages/bedrock-simulator/src")


def upload() -> Callable[[], object]:
    """S3's event for a file of 150 good prompts: they become a data set, whose run is started."""
    from lambdas.dataset import handler
    from tests.unit.dataset.fakes import file
    from tests.unit.dataset.harness import IntakeHarness

    event = json.loads((ROOT / "tests" / "events" / "s3-object-created.json").read_text(encoding="utf-8"))
    detail = event["detail"]
    desk = IntakeHarness(file(150), key=detail["object"]["key"])
    detail["bucket"]["name"], detail["object"]["version-id"] = "prompts", "v1"
    handler._intake = lambda: desk  # type: ignore[assignment,return-value]

    def run() -> None:
        assert handler.receive(event, None)["status"] == "started"

    return run


def route() -> Callable[[], object]:
    """The first request of a route, whose first step is throttled and whose second is a distilled student."""
    from tests.unit.client.world import MESSAGES, OPTIMIZED, STUDENT, World, answer, refusal, route_map

    world = World(route_map(OPTIMIZED, STUDENT))
    world.promote()
    world.script[str(OPTIMIZED.identifier)] = [refusal("ThrottlingException", status=429), answer()]
    return lambda: world.route().converse(messages=MESSAGES).text


def simulator() -> Callable[[], object]:
    """CreateModelCustomizationJob, as botocore sends it."""
    from simulator_support.fakes import World, job, jsonl, prompts

    world = World()
    world.objects.objects["train-bucket", "train.jsonl"] = jsonl(prompts())
    bedrock = world.client()
    return lambda: bedrock.create_model_customization_job(**job())


WALKS = {"upload": upload, "route": route, "simulator": simulator}


def called(run: Callable[[], object]) -> list[str]:
    """Files of ours of which `run` calls a function, in the order of the first call. What imports run is left out."""
    files: dict[str, None] = {}
    importing = 0

    def profile(frame: FrameType, event: str, _: object) -> None:
        nonlocal importing
        if event not in ("call", "return"):
            return
        if frame.f_code.co_name == "<module>":
            importing += 1 if event == "call" else -1
        elif event == "call" and not importing and (name := frame.f_code.co_filename).startswith(f"{ROOT}/"):
            files.setdefault(name.removeprefix(f"{ROOT}/"))

    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(None)
    return [file for file in files if file.startswith(tuple(f"{folder}/" for folder in PRODUCT))]


if __name__ == "__main__":
    print(json.dumps(called(WALKS[sys.argv[1]]())))
