# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Answer
@notice What an aggregator answers, and which price that is.

        An aggregator is a contract that answers two calls of Chainlink's AggregatorV3.
        It may be anything, so it is asked by calls that change nothing and whose
        failure is no more than silence. Of a round its answer and `updatedAt` are looked
        at, neither its number nor `answeredInRound`.
"""

from . import errors
from . import feed


struct Answer:
    value: int256
    decimals: uint256
    updated_at: uint256


@internal
@pure
def price_of(said: Answer) -> int256:
    """
    @notice The price that an answer is, exactly.
    """
    errors.require(said.decimals <= 18, errors.TOO_MANY_DECIMALS)
    errors.require(
        0 < said.value and said.value >> feed.PRICE_BITS == 0, errors.OUT_OF_BOUNDS
    )
    return said.value * convert(10**(18 - said.decimals), int256)


@internal
@view
def asked(aggregator: address) -> Answer:
    """
    @notice What an aggregator says now; what is none, and what says anything else, is
            silent.
    """
    is_answered: bool = False
    # Each a word longer than it should be, so that a longer answer shows.
    latest: Bytes[192] = b""
    decimals: Bytes[64] = b""
    is_answered, latest = raw_call(
        aggregator,
        method_id("latestRoundData()"),
        max_outsize=192,
        is_static_call=True,
        revert_on_failure=False,
    )
    # Who burned all the gas that it was given is not given the rest.
    if is_answered and len(latest) == 160:
        is_answered, decimals = raw_call(
            aggregator,
            method_id("decimals()"),
            max_outsize=64,
            is_static_call=True,
            revert_on_failure=False,
        )
    errors.require(is_answered and len(decimals) == 32, errors.AGGREGATOR_SILENT)
    return Answer(
        value=extract32(latest, 32, output_type=int256),
        decimals=extract32(decimals, 0, output_type=uint256),
        updated_at=extract32(latest, 96, output_type=uint256),
    )
