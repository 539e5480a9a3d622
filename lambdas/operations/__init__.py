"""What operators ask for by function URLs: each verb in a module of its own."""
