"""Train and evaluate models: PyTorch networks and estimators of scikit-learn."""
