"""From all prompts of an upload to the best ones: alike ones put together, personal data found, a diverse choice made.

Each module answers one question about texts and knows nothing of files; `curate` asks them in order and keeps account
of what was removed and why.
"""
