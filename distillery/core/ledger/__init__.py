"""The run ledger: each run's lineage in one DynamoDB table. Each function imports the modules that it needs."""
