"""Compiling, deploying and calling the contracts."""
