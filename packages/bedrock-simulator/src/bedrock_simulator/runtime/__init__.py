"""The runtime: model IDs, inference, latency, quotas, invocation logs."""
