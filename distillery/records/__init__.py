"""The signed record of a run, by which another environment decides whether to promote its student."""
