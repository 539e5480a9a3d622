"""HTTP: what every host of the simulator shares, and the stand-alone server."""
