"""Recognizers of personal data. Each yields the (start, stop) of what it finds in a text that `fold` prepared."""
