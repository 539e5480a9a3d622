"""The control plane, an operation's noun a module: jobs, models, hosting, profiles, tags."""
