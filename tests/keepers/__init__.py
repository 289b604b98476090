"""Decisions of keepers, and keepers on a node."""
