"""The runtime: what a model id points to, who answers, and how long it would have taken."""
