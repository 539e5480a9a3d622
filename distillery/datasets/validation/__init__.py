"""Validation of prompts for Bedrock, in one pass over the files and in constant memory.

    lines        reads files as blocks of whole lines
    fast_path    accepts good lines, many at a time, in compiled code
    explain      finds all problems of a line that the fast path does not accept (`decoding`, then `schema`)
    reading      drives both, counts, and stores the distinct prompts
    finding      rules, locations and findings
    line_rules   the rules of a line
    file_rules   the rules of files and data sets

Nothing here imports boto3 or depends on a run. The command `distillery check` and the Lambda function share this code.
"""
