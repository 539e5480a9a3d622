"""The control plane, with a module for each kind of resource: jobs, models, hosting, profiles."""
