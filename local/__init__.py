"""Your machine as an AWS account: an emulator, a Bedrock simulator inside it, and the ways to reach them."""
