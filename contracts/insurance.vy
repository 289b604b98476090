# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Insurance
@notice The fund that stands before the vault; in each window it pays so much at most.
"""

from . import ledger

uses: ledger


struct InsuranceParams:
    cap: int256
    window: uint256


struct InsuranceWindow:
    drawn: int256
    started_at: uint256
    # When the vault last bore what this fund did not.
    bad_debt_at: uint256


event InsuranceDrawn:
    holder: indexed(uint256)
    amount: int256
    insurance: int256


insurance_window: uint256


@internal
@pure
def packed_window(window: InsuranceWindow) -> uint256:
    """
    @notice The word of an insurance window.
    """
    return (
        (convert(convert(window.drawn, bytes32), uint256) << 128 >> 128)
        | (window.started_at << 128)
        | (window.bad_debt_at << 168)
    )


@internal
@pure
def unpacked_window(packed: uint256) -> InsuranceWindow:
    """
    @notice The insurance window that `packed_window` packed.
    """
    return InsuranceWindow(
        drawn=convert(convert(packed << 128, bytes32), int256) >> 128,
        started_at=(packed << 88) >> 216,
        bad_debt_at=(packed << 48) >> 216,
    )


@internal
@pure
def current_window(
    last: InsuranceWindow, params: InsuranceParams, now: uint256
) -> InsuranceWindow:
    """
    @notice The window that runs at `now`: the last one, or a new one from `now` on.
    """
    if now < last.started_at + params.window:
        return last
    return InsuranceWindow(drawn=0, started_at=now, bad_debt_at=last.bad_debt_at)


@internal
@view
def load_window() -> InsuranceWindow:
    """
    @notice What the last window has paid since it started, and when it was too little.
    """
    return self.unpacked_window(self.insurance_window)


@internal
def store_window(window: InsuranceWindow):
    """
    @notice Keep the window.
    """
    self.insurance_window = self.packed_window(window)


@internal
def record_bad_debt(now: uint256):
    """
    @notice Keep that the vault bears what the fund did not pay.
    """
    window: InsuranceWindow = self.load_window()
    window.bad_debt_at = now
    self.store_window(window)


@internal
def draw(
    holder: uint256, amount: int256, params: InsuranceParams, now: uint256
) -> int256:
    """
    @notice Take up to `amount` from the fund for what `holder` cannot pay: as much as
            it has and as its window allows.
    """
    window: InsuranceWindow = self.current_window(self.load_window(), params, now)
    left: int256 = max(0, params.cap - window.drawn)
    drawn: int256 = min(amount, min(ledger.load_funds().insurance, left))
    if drawn == 0:
        return 0

    window.drawn += drawn
    self.store_window(window)
    funds: ledger.Funds = ledger.add_funds(0, 0 - drawn, 0, 0)
    log InsuranceDrawn(holder=holder, amount=drawn, insurance=funds.insurance)
    return drawn
