"""Every function of a noun, called in Vyper and in Python."""
