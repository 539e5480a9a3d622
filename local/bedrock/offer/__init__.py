"""What Bedrock offers, where and when; transcribed apart from the product's catalog on purpose."""
