"""What a person does at the desk before anything is uploaded: checking prompts, with the code that runs in Lambda.

No AWS library is loaded here unless a prompt lies in S3.
"""
