"""Evaluation jobs: a model's answers, or answers given, scored by computation or by a judge."""
