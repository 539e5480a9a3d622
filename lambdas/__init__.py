"""The Lambda functions, one package per stage.

Every function imports this package first, so the garbage collector's threshold is set before boto3 is loaded. The
60,000 objects of a client live as long as the function: with Python's own threshold of 700, the collector walks through
them again and again, which takes a fifth of a cold start (`python -m tests.bench imports`).
"""

import gc

gc.set_threshold(100_000)
