"""What runs on the driver: jobs, their sources, stages and sinks."""
