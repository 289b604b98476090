"""
What a provider asks of the vault, and how long that waits.
"""

from __future__ import annotations

from msgspec import Struct

from protocol.units import Seconds


class VaultParams(Struct, frozen=True):
    delay: Seconds
    window: Seconds
    quarantine: Seconds
