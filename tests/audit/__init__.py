"""`make audit`: whether a lock holds a package that an advisory names."""
