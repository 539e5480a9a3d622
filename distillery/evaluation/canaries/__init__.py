"""The judgement of a canary, pure: two endpoints and the same callers. It imports no compiled package."""
