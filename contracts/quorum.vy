# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Quorum
@notice What reporters say, and what several of them say together.
"""

from . import fixed_point

MAX_REPORTERS: constant(uint256) = 7


struct Report:
    price: int256
    confidence: int256
    published_at: uint256


@internal
@pure
def packed_report(report: Report) -> uint256:
    """
    @notice The word of a report.
    """
    return (
        (convert(convert(report.price, bytes32), uint256) << 160 >> 160)
        | (convert(convert(report.confidence, bytes32), uint256) << 160 >> 64)
        | (report.published_at << 192)
    )


@internal
@pure
def unpacked_report(packed: uint256) -> Report:
    """
    @notice The report that `packed_report` packed.
    """
    return Report(
        price=convert(convert(packed << 160, bytes32), int256) >> 160,
        confidence=convert(convert(packed << 64, bytes32), int256) >> 160,
        published_at=(packed << 24) >> 216,
    )


@internal
@pure
def in_order(
    values: DynArray[int256, MAX_REPORTERS]
) -> DynArray[int256, MAX_REPORTERS]:
    """
    @notice `values`, the least first.
    """
    ordered: DynArray[int256, MAX_REPORTERS] = values
    for i: uint256 in range(1, MAX_REPORTERS):
        if i >= len(ordered):
            break
        chosen: int256 = ordered[i]
        place: uint256 = i
        for _: uint256 in range(MAX_REPORTERS):
            if place == 0:
                break
            below: int256 = ordered[place - 1]
            if below <= chosen:
                break
            ordered[place] = below
            place -= 1
        ordered[place] = chosen
    return ordered


@internal
@pure
def median(values: DynArray[int256, MAX_REPORTERS]) -> int256:
    """
    @notice The middle of `values`; of an even number, the mean of the middle two,
            rounded down.
    """
    ordered: DynArray[int256, MAX_REPORTERS] = self.in_order(values)
    upper: uint256 = len(ordered) >> 1
    if len(ordered) & 1 == 1:
        return ordered[upper]
    return fixed_point.div_down(ordered[upper - 1] + ordered[upper], 2)


@internal
@pure
def round_confidence(
    prices: DynArray[int256, MAX_REPORTERS],
    confidences: DynArray[int256, MAX_REPORTERS],
    index: int256,
) -> int256:
    """
    @notice How unsure an index is: the larger of two medians, of what the reporters
            admit and of how far their prices are from it.
    """
    distances: DynArray[int256, MAX_REPORTERS] = []
    for price: int256 in prices:
        distances.append(fixed_point.magnitude(price - index))
    return max(self.median(confidences), self.median(distances))
