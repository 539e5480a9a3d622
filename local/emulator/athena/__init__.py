"""Queries of Athena on this machine: the same statement, translated by sqlglot and run by DuckDB.

What differs from AWS is in docs/local-account.md.
"""
