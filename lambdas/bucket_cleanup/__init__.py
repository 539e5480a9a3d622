"""Empties a bucket that CloudFormation is about to delete."""
