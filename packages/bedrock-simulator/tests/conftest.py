"""What holds for all tests of the simulator."""

from simulator_support.thoroughness import load_profile

load_profile()
