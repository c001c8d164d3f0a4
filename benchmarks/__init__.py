"""Speed and size, each as a ratio measured in one run: `./dev bench`, or `python -m benchmarks.NAME` for one of them."""
