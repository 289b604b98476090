"""The contracts, running: compiled, deployed, called and held against the model."""
