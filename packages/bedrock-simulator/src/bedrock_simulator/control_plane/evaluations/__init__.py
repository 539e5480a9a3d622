"""Evaluation jobs: responses of a model, or responses that the job brings, scored by computation or by a judge."""
