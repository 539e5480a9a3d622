"""The stacks: which constructs belong to which stack."""
