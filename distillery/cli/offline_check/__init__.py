"""Checks prompts before an upload, with the code that runs in Lambda.

It imports boto3 only for prompts in S3.
"""
