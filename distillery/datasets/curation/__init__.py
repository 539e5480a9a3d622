"""Curation of prompts: personal data, near duplicates, and the selection of a diverse subset.

`curate` applies the steps in order and records what was removed and why. `personal_data` and `similarity` work on plain
texts and know nothing of files or recipes.
"""
