"""What Bedrock offers, where and when: models, pairs, profiles, quotas; transcribed apart from the product's catalog."""
