"""Measures how fast routes answer, as a caller sees it: one streamed answer after another, of each variant in turn."""
