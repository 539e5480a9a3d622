"""Data sets: reading, validation, curation and the split. The same code runs in the command, in CI and in Lambda."""
