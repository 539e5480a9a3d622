"""Batch inference: files of model input in S3, and a record of output for each record of input."""
