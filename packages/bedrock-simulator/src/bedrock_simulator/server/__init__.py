"""The HTTP side of the simulator: what every host of it shares, and the server that stands alone."""
