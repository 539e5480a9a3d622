"""Data sets: reading, validation, curation and the split. The same on a desk, in CI and in Lambda."""
