"""Between HTTP and operations: routes, shapes, patterns and errors, from botocore's own model of the services."""
