# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Aggregator
@notice A price feed that anyone may let answer: for tests, demonstrations and devnets.

        Of Chainlink's AggregatorV3 it has the two calls that are asked for, in words
        as wide as the EVM's.
"""


struct RoundData:
    round_id: uint256
    answer: int256
    decimals: uint256
    updated_at: uint256


event AnswerUpdated:
    current: indexed(int256)
    round_id: indexed(uint256)
    updated_at: uint256


latest: RoundData


@external
def say(answer: int256, decimals: uint256, updated_at: uint256):
    """
    @notice Let the next round be this answer, of so many decimals, as of `updated_at`.
    """
    round_id: uint256 = self.latest.round_id + 1
    self.latest = RoundData(
        round_id=round_id, answer=answer, decimals=decimals, updated_at=updated_at
    )
    log AnswerUpdated(current=answer, round_id=round_id, updated_at=updated_at)


@external
@view
def latestRoundData() -> (uint256, int256, uint256, uint256, uint256):
    """
    @notice The latest round: its number, its answer, when it began and when it was
            answered, and in which round.
    """
    latest: RoundData = self.latest
    return (
        latest.round_id,
        latest.answer,
        latest.updated_at,
        latest.updated_at,
        latest.round_id,
    )


@external
@view
def decimals() -> uint256:
    """
    @notice How many decimals an answer has.
    """
    return self.latest.decimals
