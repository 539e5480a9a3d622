"""`make audit`: whether a lock contains a package with a known advisory."""
