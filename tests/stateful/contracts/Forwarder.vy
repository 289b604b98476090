# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Forwarder
@notice Calls on behalf of whoever asks: for the contracts a sender that is no origin.
"""


@external
def forward(target: address, payload: Bytes[4096]) -> Bytes[16384]:
    """
    @notice Make the call, and give what it returned; a refusal is passed on as it is.
    """
    return raw_call(target, payload, max_outsize=16384)
