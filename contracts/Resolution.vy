# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Resolution
@notice How accounts end: settled, called, liquidated, deleveraged, made whole. It is run
        by the exchange, in its storage and under its lock, and keeps nothing itself.
"""

from . import account
from . import backing
from . import collateral
from . import credit
from . import deleveraging
from . import errors
from . import health
from . import insurance
from . import ledger
from . import market
from . import position
from . import settlement
from . import sides
from . import trading
from . import unwinding

initializes: account
initializes: collateral[account := account]
initializes: credit[account := account]
initializes: ledger
initializes: insurance[ledger := ledger]
initializes: position
initializes: market[ledger := ledger]
initializes: health[
    account := account,
    collateral := collateral,
    credit := credit,
    market := market,
    position := position,
]
initializes: settlement[
    account := account,
    collateral := collateral,
    credit := credit,
    insurance := insurance,
    ledger := ledger,
    market := market,
    position := position,
]
initializes: trading[
    account := account,
    health := health,
    ledger := ledger,
    market := market,
    position := position,
    settlement := settlement,
]
initializes: unwinding[
    account := account,
    credit := credit,
    health := health,
    insurance := insurance,
    ledger := ledger,
    market := market,
    position := position,
    settlement := settlement,
    trading := trading,
]


event CollateralBought:
    holder: indexed(uint256)
    token_id: indexed(uint256)
    buyer: indexed(address)
    atoms: uint256
    paid: uint256
    cash: int256


@deploy
def __init__(
    token: address,
    decimals: uint256,
    oracle: address,
    rules: address,
    governor: address,
    resolution: address,
    obligations: address,
):
    collateral.__init__(governor)
    ledger.__init__(token, decimals)
    market.__init__(oracle, rules)
    trading.__init__(resolution, obligations)


@external
def buy_collateral(holder: uint256, token_id: uint256, atoms: uint256) -> uint256:
    """
    @notice Behind `Exchange.buy_collateral`.
    """
    sale: settlement.Sale = settlement.sell_collateral(
        holder, token_id, atoms, market.load_risk(), block.timestamp
    )
    log CollateralBought(
        holder=holder,
        token_id=token_id,
        buyer=msg.sender,
        atoms=atoms,
        paid=sale.paid,
        cash=sale.cash,
    )
    ledger.pull(ledger.TOKEN, msg.sender, sale.paid)
    ledger.push(sale.token, msg.sender, atoms)
    return sale.paid


@external
def cover_shortfall(holder: uint256):
    """
    @notice Behind `Exchange.cover_shortfall`.
    """
    settlement.cover_shortfall(holder, market.load_risk().insurance, block.timestamp)


@external
def settle(holder: uint256, market_id: uint256) -> int256:
    """
    @notice Behind `Exchange.settle`.
    """
    return settlement.settle(holder, market_id, msg.sender, block.timestamp)


@external
def call_margin(holder: uint256, market_id: uint256):
    """
    @notice Behind `Exchange.call_margin`.
    """
    health.call_margin(holder, market_id, block.timestamp)


@external
def liquidate(holder: uint256, market_id: uint256) -> int256:
    """
    @notice Behind `Exchange.liquidate`.
    """
    return unwinding.liquidate(holder, market_id, msg.sender, block.timestamp)


@external
def deleverage(holder: uint256, market_id: uint256, size: int256) -> int256:
    """
    @notice Behind `Exchange.deleverage`.
    """
    return unwinding.deleverage(holder, market_id, size, block.timestamp)


@external
def close_settled(holder: uint256, market_id: uint256) -> int256:
    """
    @notice Behind `Exchange.close_settled`.
    """
    return unwinding.close_settled(holder, market_id, block.timestamp)


@external
def settle_market(market_id: uint256, code: address):
    """
    @notice Behind `Exchange.settle_market`.
    """
    errors.require(msg.sender == collateral.GOVERNOR, errors.NOT_GOVERNOR)
    market.settle_market(market_id, code, block.timestamp)
