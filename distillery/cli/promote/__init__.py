"""`distillery promote`: what the promotion of a run to another environment would do."""
