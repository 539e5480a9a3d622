"""The life-cycle watch: compares the models that an environment uses with the dates that Bedrock states for them."""
