"""What the protocol costs: gas on a chain, exactly, and time on this machine."""
