"""The model invocation logging configuration of an account and Region, of which there is one: an environment takes
it, and restores the previous one when it is deleted."""
