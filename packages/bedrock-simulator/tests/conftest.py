"""What holds for all tests of the simulator."""

from simulator_support import worker
from simulator_support.thoroughness import load_profile

worker.begin_imports()
worker.read_models_once()
load_profile()


def pytest_collection_finish() -> None:
    worker.end_imports()
