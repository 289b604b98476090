"""Tests of the keepers' decisions."""
