"""A stand-in for Amazon Bedrock that runs inside the local AWS account.

It shares nothing with the product: limits, pairs, eligibility and dates are transcribed here a second time,
so that the two can disagree. Requests and responses are held against botocore's own service model.
"""
