"""The simulator's doors: what its two hosts share, and the server of its own."""
