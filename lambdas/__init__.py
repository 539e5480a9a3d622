"""The Lambda functions, one package per stage.

Every function imports this package first, so the garbage collector's threshold is set before boto3 is loaded. A cold
start makes up to 126,000 objects, modules and clients, that live as long as the function. With Python's own threshold
of 700, the collector walks through them again and again, which takes a fifth of a cold start, and with 100,000 it still
walks through them once, which takes 30 ms (`python -m tests.bench imports`).
"""

import gc
import os

gc.set_threshold(200_000)

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # A function that is being initialized has a whole processor, however little memory it has.
    from distillery.core.aws import session

    session()  # loads boto3
