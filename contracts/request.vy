# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Request
@notice What a provider asks of the vault, and how long that waits.
"""


struct VaultParams:
    delay: uint256
    window: uint256
    quarantine: uint256
