"""The pictures in docs/. `python -m tests.pictures` writes them, `python -m tests.pictures record` records the demo."""
