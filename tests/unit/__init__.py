"""Worked numbers and refusals of one noun each, on the model."""
