"""Two records compared: differences, what was compared and what was not, and the verdict."""
