"""`distillery doctor`: what would keep an environment from being deployed, from running, or from being noticed."""
