"""The run ledger: the history of each run in one DynamoDB table. Functions import only the modules that they need."""
