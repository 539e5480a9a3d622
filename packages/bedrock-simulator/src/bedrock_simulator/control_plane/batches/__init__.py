"""Batch inference: many records of a model's input in S3, one record of output for each."""
