"""Converts prompts of other formats into lines of a data set.

records   reads a file record by record: JSON lines, a JSON array, or CSV
formats   turns a record into a prompt, or says why it cannot
turns     the parts that formats share: texts, roles, and the conversation that they make
convert   drives both, checks every line that it writes, and counts

Every record is either converted or reported with its line. Nothing here imports boto3.
"""
