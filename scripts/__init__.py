"""The command line of perpspec and the developer's tools; no logic of the protocol."""
