"""Scenarios, agents and reports."""
