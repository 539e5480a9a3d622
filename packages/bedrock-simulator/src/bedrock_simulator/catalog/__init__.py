"""What Bedrock offers, where and when, as the documentation of AWS says it."""
