"""The command line and the developer's tools."""
