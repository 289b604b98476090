# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Errors
@notice The errors of the contract that the tests of `evm` call.
"""

TOO_LARGE: constant(bytes4) = 0x218e0a07


@internal
@pure
def require(ok: bool, error: bytes4):
    """
    @notice Refuse the call with `error` unless it is `ok`.
    """
    if not ok:
        raw_revert(concat(error, b""))
