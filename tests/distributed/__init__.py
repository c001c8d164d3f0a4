"""What it takes to run compiled pipelines where one machine is not enough: services, workers, and probes for them."""
