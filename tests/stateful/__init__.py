"""Sequences of calls, in lockstep on the model and on a chain."""
