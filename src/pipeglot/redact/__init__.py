"""Nothing secret in what is told."""
