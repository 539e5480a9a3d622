"""How fast routes answer, measured as a caller sees it: streams, one after the other, of one arm and then the next."""
