"""Guards the removal of an environment and of recipes: nothing that bills may outlive the stacks that know of it."""
