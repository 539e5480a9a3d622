"""What Bedrock supports, where and from when, transcribed from the AWS documentation."""
