"""PyTorch networks: the registry of layers, the checks before a network is built, and its training loop."""
