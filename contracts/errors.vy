# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Errors
@notice Every error with which the protocol refuses a call, as its selector, a number.
"""

ALLOWANCE_TOO_SMALL: constant(uint256) = 1952265067
ALREADY_CALLED: constant(uint256) = 2732078306
BAD_QUORUM: constant(uint256) = 1170276225
BAD_REPORTERS: constant(uint256) = 548325899
BALANCE_TOO_SMALL: constant(uint256) = 2129656246
BATCH_TOO_LARGE: constant(uint256) = 192766690
BELOW_INITIAL_MARGIN: constant(uint256) = 1007912708
BUCKET_EMPTY: constant(uint256) = 1430715577
CALL_ABOVE_INITIAL: constant(uint256) = 3425163033
CAP_BELOW_TOTAL: constant(uint256) = 2359779648
CAP_EXCEEDED: constant(uint256) = 2760333897
CLOSING_COSTS_TOO_MUCH: constant(uint256) = 1007535411
COLLATERAL_ABOVE_VALUE: constant(uint256) = 3959035376
DEBT_TOO_LARGE: constant(uint256) = 3143278215
DELEVERAGING_NOT_OPEN: constant(uint256) = 945888114
DENOMINATOR_NOT_POSITIVE: constant(uint256) = 2092764882
EQUITY_NEGATIVE: constant(uint256) = 3337328032
ESCROW_TOO_SMALL: constant(uint256) = 3529827729
EXPIRY_FIXED: constant(uint256) = 2797404718
FEED_CLOSED: constant(uint256) = 1118689183
FEED_UNKNOWN: constant(uint256) = 1250451569
FLOOR_TOO_LOW: constant(uint256) = 882165322
FUTURE_HAS_FUNDING: constant(uint256) = 3558325228
GRACE_NOT_OVER: constant(uint256) = 3954765900
HAS_POSITIONS: constant(uint256) = 2570734609
HEALTHY: constant(uint256) = 3659378188
ISOLATED_ACCOUNT: constant(uint256) = 516322961
LIMIT_EXCEEDED: constant(uint256) = 845268882
MARKET_HALTED: constant(uint256) = 2414386684
MARKET_HAS_PRICES: constant(uint256) = 2072000188
MARKET_NOT_SETTLED: constant(uint256) = 535862254
MARKET_ONLY_REDUCES: constant(uint256) = 432127956
MARKET_SETTLED: constant(uint256) = 1357457837
MARKET_UNKNOWN: constant(uint256) = 1931969062
MODE_UNKNOWN: constant(uint256) = 4180976409
NOTHING_GAINED: constant(uint256) = 526018952
NOTHING_LEFT_TO_CLOSE: constant(uint256) = 1535181863
NOTHING_TO_SETTLE: constant(uint256) = 1635845352
NOT_A_TOKEN: constant(uint256) = 2233428432
NOT_COUNCIL: constant(uint256) = 3619240975
NOT_GOVERNOR: constant(uint256) = 3996546516
NOT_GUARDIAN: constant(uint256) = 4016901890
NOT_IN_DEBT: constant(uint256) = 1392745624
NOT_OPERATOR: constant(uint256) = 2082557700
NOT_OWNER: constant(uint256) = 818771057
NOT_REPORTER: constant(uint256) = 3855522825
NOT_TIGHTER: constant(uint256) = 141276260
NOT_VAULT: constant(uint256) = 1658783045
NO_POSITION: constant(uint256) = 2884694068
NO_PREVIEW: constant(uint256) = 487120485
NO_SHOCKS: constant(uint256) = 3243281911
OPEN_INTEREST_ABOVE_SCALE: constant(uint256) = 1248524551
OPEN_INTEREST_ABOVE_VALUE: constant(uint256) = 1862932576
OPEN_INTEREST_TOO_LARGE: constant(uint256) = 1937155989
OUT_OF_BOUNDS: constant(uint256) = 3021082388
OWED_WOULD_RISE: constant(uint256) = 232558377
PARAMETER_OUT_OF_BOUNDS: constant(uint256) = 292062721
PAUSED_LATELY: constant(uint256) = 2105515653
POSITION_TOO_LARGE: constant(uint256) = 1413115408
POSITION_TOO_SMALL: constant(uint256) = 1276744448
PRICE_INVALID: constant(uint256) = 538137434
PRICE_STALE: constant(uint256) = 678894993
PRICE_TRIPPED: constant(uint256) = 3196105730
PRICE_UNCERTAIN: constant(uint256) = 3469883532
REPORT_FROM_FUTURE: constant(uint256) = 3240134996
REPORT_NOT_NEWER: constant(uint256) = 322846919
REQUEST_STILL_OPEN: constant(uint256) = 3850339254
REQUEST_TOO_EARLY: constant(uint256) = 1611166644
REQUEST_TOO_LATE: constant(uint256) = 401957405
REQUEST_UNKNOWN: constant(uint256) = 914589988
RESERVE_TOO_SMALL: constant(uint256) = 2658042737
REWARD_TOO_SMALL: constant(uint256) = 1714180800
RISK_NOT_REDUCED: constant(uint256) = 4114292619
RISK_UNKNOWN: constant(uint256) = 4015164023
ROUND_UNKNOWN: constant(uint256) = 2035632649
SALE_TOO_LARGE: constant(uint256) = 1705901656
SCORE_TOO_LOW: constant(uint256) = 244585035
SHOCKS_TOO_SMALL: constant(uint256) = 3246955888
SKEW_SCALE_TOO_SMALL: constant(uint256) = 201755583
SKEW_TOO_LARGE: constant(uint256) = 560954582
SOURCE_IS_TARGET: constant(uint256) = 3764173224
SOURCE_OF_ANOTHER: constant(uint256) = 3539983527
TOKEN_CHANGED: constant(uint256) = 3271339146
TOKEN_UNKNOWN: constant(uint256) = 4111974849
TOO_LITTLE_CASH: constant(uint256) = 3477304840
TOO_LITTLE_COLLATERAL: constant(uint256) = 567398790
TOO_LITTLE_HELD: constant(uint256) = 3279047293
TOO_MANY_DECIMALS: constant(uint256) = 1640686578
TOP_UP_TOO_EARLY: constant(uint256) = 153158031
TOP_UP_UNKNOWN: constant(uint256) = 3650978745
TRANSFER_FAILED: constant(uint256) = 2428038168
TREASURY_TOO_SMALL: constant(uint256) = 657352100
VAULT_QUARANTINED: constant(uint256) = 2849097809
VAULT_SHUT: constant(uint256) = 4131246906
VAULT_TOO_SMALL: constant(uint256) = 3692459105
VAULT_UNDERWATER: constant(uint256) = 4226644715
ZERO_AMOUNT: constant(uint256) = 522854405
ZERO_RECEIVER: constant(uint256) = 1806298328
ZERO_SIZE: constant(uint256) = 3294220863


@internal
@pure
def require(ok: bool, error: uint256):
    """
    @notice Refuse the call with `error` unless it is `ok`.
    """
    if not ok:
        # A number is shorter in the code than a left-aligned selector.
        raw_revert(concat(convert(convert(error, uint32), bytes4), b""))
