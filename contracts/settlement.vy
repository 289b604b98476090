# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Settlement
@notice Where profit and loss become cash, and who pays when an account cannot.

        A loss goes to cash at once. A gain becomes a claim, which its owner settles:
        what its market does not pay of it then is gone. An account without positions
        whose cash is negative is made whole by its claims, then by its line, then by the
        insurance fund, then by the vault.
"""

from . import Rules
from . import account
from . import collateral
from . import credit
from . import errors
from . import feed
from . import fixed_point
from . import funding
from . import insurance
from . import ledger
from . import market
from . import parameters
from . import payout
from . import position

uses: account
uses: collateral
uses: credit
uses: insurance
uses: ledger
uses: market
uses: position


struct Sale:
    token: address
    paid: uint256
    cash: int256


event Settled:
    holder: indexed(uint256)
    market_id: indexed(uint256)
    amount: int256
    cash: int256


event BadDebt:
    holder: indexed(uint256)
    amount: int256
    vault: int256


@internal
def add_cash(holder: uint256, amount: int256) -> int256:
    """
    @notice Change the cash of an account, and give what it is then.
    """
    current: account.Account = account.load_account(holder)
    before: int256 = current.cash
    current.cash += amount
    account.store_account(holder, current)
    ledger.record_debt(before, current.cash)
    return current.cash


@internal
def pay_from_vault(holder: uint256, amount: int256) -> int256:
    """
    @notice Move a gain from the vault to an account; give the cash of the account then.
    """
    ledger.add_funds(0 - amount, 0, 0, 0)
    return self.add_cash(holder, amount)


@internal
def take_loss(
    holder: uint256, market_id: uint256, amount: int256, now: uint256
) -> int256:
    """
    @notice Move a loss from an account to the vault; give the cash of the account then.
            What it had the cash for, its market may pay out again.
    """
    ledger.add_funds(amount, 0, 0, 0)
    spent: payout.Spent = market.load_spent(market_id)
    if spent.amount != 0:
        had: int256 = max(0, account.load_account(holder).cash)
        market.store_spent(market_id, payout.lowered(spent, min(amount, had), now))
    return self.add_cash(holder, 0 - amount)


@internal
def add_claim(holder: uint256, market_id: uint256, amount: int256):
    """
    @notice Change what an account may claim in a market.
    """
    market.open_claims[market_id] += amount
    claim: int256 = position.claims[holder][market_id] + amount
    position.claims[holder][market_id] = claim
    current: account.Account = account.load_account(holder)
    bit: uint256 = 1 << market_id
    current.claims |= bit
    if claim == 0:
        current.claims ^= bit
    account.store_account(holder, current)


@internal
def realize(holder: uint256, market_id: uint256, result: int256, now: uint256):
    """
    @notice Turn what a closed position left into cash or into a claim.
    """
    if result < 0:
        self.take_loss(holder, market_id, 0 - result, now)
    if result > 0:
        self.add_claim(holder, market_id, result)


@internal
def take_result(holder: uint256, market_id: uint256, result: int256):
    """
    @notice Take a result out of an open position: it is cash from now on.
    """
    held: position.Position = position.load_position(holder, market_id)
    held.quote -= result
    position.store_position(holder, market_id, held)
    market.add_to_side(market_id, held.size > 0, 0, 0 - result, 0)


@internal
def spend(
    holder: uint256,
    market_id: uint256,
    price: feed.FeedPrice,
    claimed: int256,
    missing: int256,
    now: uint256,
) -> payout.Payout:
    """
    @notice Decide what of a gain is paid, up to what is missing, and count it as spent.
    """
    due: payout.Payout = staticcall Rules.__interface__(market.RULES).settled(
        market.market_params[market_id],
        market.state_of(market_id),
        price,
        ledger.load_funds().vault,
        claimed,
        missing,
        now,
    )
    market.store_spent(market_id, due.spent)
    if due.paid < due.claimed:
        log payout.PayoutCut(
            holder=holder, market_id=market_id, claimed=due.claimed, paid=due.paid
        )
    return due


@internal
def settle(
    holder: uint256, market_id: uint256, sender: address, now: uint256
) -> int256:
    """
    @notice Settle the loss of an account in a market, by anyone; or its gain and its
            claim, by those who operate the account, as far as the market pays. Give
            what its cash changed by.
    """
    price: feed.FeedPrice = market.price_of(market_id)
    current: funding.Funding = market.accrue(market_id, price, now)
    held: position.Position = position.load_position(holder, market_id)
    result: int256 = staticcall Rules.__interface__(market.RULES).result(
        market.market_params[market_id],
        held,
        funding.side_index(current, held.size > 0),
        price,
        now,
    )
    amount: int256 = result
    cash: int256 = 0
    if result < 0:
        cash = self.take_loss(holder, market_id, 0 - result, now)
    else:
        account.require_operator(holder, sender)
        claim: int256 = position.claims[holder][market_id]
        claimed: int256 = result + claim
        errors.require(claimed > 0, errors.NOTHING_TO_SETTLE)
        amount = self.spend(holder, market_id, price, claimed, claimed, now).paid
        # For nothing nobody gives up a gain.
        errors.require(amount > 0, errors.VAULT_TOO_SMALL)
        self.add_claim(holder, market_id, 0 - claim)
        ledger.take_from_vault(amount)
        cash = self.add_cash(holder, amount)
    if result != 0:
        self.take_result(holder, market_id, result)
    market.update_rates(market_id, price.index)
    log Settled(holder=holder, market_id=market_id, amount=amount, cash=cash)
    return amount


@internal
@view
def has_saleable(holder: uint256, tokens: uint256) -> bool:
    """
    @notice Whether an account has a token, of those in a bitmap, that somebody may buy.
    """
    if tokens == 0:
        return False
    for token_id: uint256 in range(collateral.MAX_TOKENS):
        if (tokens >> token_id) & 1 == 0:
            continue
        mark: int256 = market.price_of(collateral.FIRST_FEED + token_id).mark
        if staticcall Rules.__interface__(market.RULES).is_saleable(
            collateral.collateral_params[token_id],
            collateral.collaterals[holder][token_id],
            mark,
        ):
            return True
    return False


@internal
def use_claims(holder: uint256, wanted: int256, now: uint256) -> int256:
    """
    @notice Let the claims of an account bring its cash to what is wanted, as far as
            they are needed and their markets pay; give the cash then.
    """
    current: account.Account = account.load_account(holder)
    cash: int256 = current.cash
    if cash >= wanted:
        return cash
    for market_id: uint256 in range(account.MAX_MARKETS):
        if (current.claims >> market_id) & 1 == 0:
            continue
        # No more than is missing: what the vault is owed falls with what it pays.
        due: payout.Payout = self.spend(
            holder,
            market_id,
            market.price_of(market_id),
            position.claims[holder][market_id],
            wanted - cash,
            now,
        )
        self.add_claim(holder, market_id, 0 - due.claimed)
        cash = self.pay_from_vault(holder, due.paid)
    return cash


@internal
def cover_shortfall(holder: uint256, params: insurance.InsuranceParams, now: uint256):
    """
    @notice Make an account whole that has no position, negative cash and no token that
            somebody may buy: out of its claims, then of its line, then of the insurance
            fund, then of the vault.
    """
    current: account.Account = account.load_account(holder)
    if (
        current.positions != 0
        or current.cash >= 0
        or self.has_saleable(holder, current.tokens)
    ):
        return
    shortfall: int256 = 0 - self.use_claims(holder, 0, now)
    if shortfall <= 0:
        return
    # What nobody buys is no reason to leave a debt open, nor is it left to who owes it.
    collateral.seize(holder, current.tokens)
    drawn: int256 = 0
    if current.has_line:
        drawn = credit.draw_line(holder, shortfall, now)
    drawn += insurance.draw(holder, shortfall - drawn, params, now)
    self.add_cash(holder, shortfall)
    if drawn < shortfall:
        bad_debt: int256 = shortfall - drawn
        insurance.record_bad_debt(now)
        vault: int256 = ledger.add_funds(0 - bad_debt, 0, 0, 0).vault
        log BadDebt(holder=holder, amount=bad_debt, vault=vault)


@internal
def sell_collateral(
    holder: uint256,
    token_id: uint256,
    atoms: uint256,
    risk: parameters.RiskParams,
    now: uint256,
) -> Sale:
    """
    @notice Sell a token of an account in debt at its mark less a discount, for no more
            than the debt; give the token and what the buyer pays for it.
    """
    code: address = collateral.collateral_params[token_id]
    sold: collateral.Asset = market.asset(code, atoms)
    current: account.Account = account.load_account(holder)
    allowed: int256 = risk.debt.floor if current.positions != 0 else 0
    errors.require(current.cash < 0 - allowed, errors.NOT_IN_DEBT)
    cost: int256 = staticcall Rules.__interface__(market.RULES).sale_price(
        code, sold.amount, market.price_of(collateral.FIRST_FEED + token_id), now
    )
    errors.require(cost <= 0 - current.cash, errors.SALE_TOO_LARGE)
    collateral.take_out(holder, token_id, sold)
    paid: uint256 = convert(fixed_point.div_up(cost, ledger.SCALE), uint256)
    cash: int256 = self.add_cash(holder, ledger.book_in(paid))
    self.cover_shortfall(holder, risk.insurance, now)
    return Sale(token=sold.token, paid=paid, cash=cash)
