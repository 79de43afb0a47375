"""On the executors: Arrow batches in and out of signature, matching and fetch."""
