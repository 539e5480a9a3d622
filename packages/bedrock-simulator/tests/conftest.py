"""What holds for all tests of the simulator."""

from hypothesis import HealthCheck, settings

# Real time decides nothing: on a busy machine an example takes as long as it takes.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
