"""Whether prompts are what Bedrock takes: one pass over their files, in constant memory, at the desk as in Lambda.

    lines     files → blocks of whole lines
    sound     a block's lines → what they ask, or "look closer"; compiled, and most lines never see more
    explain   a line that needs a closer look → findings with paths, and what it asks if it is good after all
    reading   drives the two, counts, and hands what is asked to `prompts`
    whole     what only the whole can tell: too few, too many, mixed

`kinds` names everything that can be found. Nothing here imports boto3 or knows of a run.
"""
