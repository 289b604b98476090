"""
Where liquidity providers enter and leave, by requests. The assets lie in the exchange,
the shares are kept here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import errors, exchange, oracle, parameters, request, share, sides
from protocol.errors import require
from protocol.fixed_point import div_down, require_fits
from protocol.market import Books
from protocol.request import (
    DepositRequest,
    RedeemRequest,
    Request,
    RequestReturned,
)
from protocol.share import Deposit, Nav, Withdraw
from protocol.units import Address, Atoms, Call, Quote, Seconds, Shares, Size

if TYPE_CHECKING:
    from protocol.state import State

NAME = "Share of the vault"
SYMBOL = "SHARE"
DECIMALS = 18
# What the exchange holds at most.
MOST_HELD = Quote(2**120 - 1)


def request_deposit(state: State, call: Call, atoms: Atoms, min_shares: Shares) -> int:
    """
    Ask to give `atoms` to the vault for `min_shares` or more, and give the number of
    the request.
    """
    sender = call.sender
    least = int(min_shares)
    return ask_deposit(state, sender, sender, sender, atoms, least, call.now)


def request_redeem(state: State, call: Call, shares: Shares, min_atoms: Atoms) -> int:
    """
    Ask to give `shares` back for `min_atoms` or more, and give the number of the
    request.
    """
    sender = call.sender
    return ask_redeem(state, sender, sender, sender, shares, min_atoms, call.now)


def setOperator(state: State, call: Call, operator: Address, approved: bool) -> bool:
    """Let `operator` ask on behalf of the sender, or no longer."""
    request.set_operator(state, call.sender, operator, approved)
    return True


def requestDeposit(
    state: State, call: Call, assets: Atoms, controller: Address, owner: Address
) -> int:
    """
    Ask on behalf of an owner, for whatever shares its assets will buy.
    """
    require(request.may_ask(state, owner, call.sender), errors.NOT_OPERATOR)
    return ask_deposit(state, controller, owner, call.sender, assets, 0, call.now)


def requestRedeem(
    state: State, call: Call, shares: Shares, controller: Address, owner: Address
) -> int:
    """
    Ask on behalf of an owner, or having been allowed to take its shares, for whatever
    these will redeem.
    """
    if not request.may_ask(state, owner, call.sender):
        share.use_allowance(state, owner, call.sender, shares)
    return ask_redeem(state, controller, owner, call.sender, shares, 0, call.now)


def execute(state: State, call: Call, request_id: int) -> int:
    """
    Execute a request at what the vault is worth now, by anyone; where that gives less
    than its minimum, return it. Give the shares or the atoms that came of it. While the
    price of a market is not valid, only who controls a redemption may execute it, and
    pays for all that this market could cost.
    """
    pending = request.take_request(state, request_id)
    controller = pending.controller
    needs_valid = pending.is_deposit or call.sender != controller
    given = given_for(state, pending, needs_valid, call.now)
    if given < pending.minimum:
        give_back(state, request_id, pending, call.now)
        return 0
    vault = Call(state.addresses.vault, call.now)
    if pending.is_deposit:
        shares, atoms = Shares(given), pending.amount
        share.mint(state, controller, shares)
        state.log(
            Deposit(sender=call.sender, owner=controller, assets=atoms, shares=shares)
        )
        exchange.enter_vault(state, vault, atoms)
        return given
    share.burn(state, vault.sender, Shares(pending.amount))
    state.log(
        Withdraw(
            sender=call.sender,
            receiver=controller,
            owner=controller,
            assets=given,
            shares=Shares(pending.amount),
        )
    )
    exchange.leave_vault(state, vault, controller, given)
    return given


def return_request(state: State, call: Call, request_id: int) -> None:
    """
    Return a request that was not executed within its window, by anyone.
    """
    pending = request.take_request(state, request_id)
    books = exchange.books(state, call)
    params = parameters.risk_in(state, books.risk_params).vault
    require(call.now > request.closes_at(pending, params), errors.REQUEST_STILL_OPEN)
    give_back(state, request_id, pending, call.now)


def approve(state: State, call: Call, spender: Address, shares: Shares) -> bool:
    """Let `spender` take up to `shares` from the sender."""
    share.approve(state, call.sender, spender, shares)
    return True


def transfer(state: State, call: Call, receiver: Address, shares: Shares) -> bool:
    """Send `shares` to `receiver`."""
    share.move(state, call.sender, receiver, shares)
    return True


def transferFrom(
    state: State, call: Call, owner: Address, receiver: Address, shares: Shares
) -> bool:
    """Send `shares` of `owner` to `receiver`, having been allowed to."""
    share.use_allowance(state, owner, call.sender, shares)
    share.move(state, owner, receiver, shares)
    return True


def name(state: State, call: Call) -> str:
    """What the shares are called."""
    return NAME


def symbol(state: State, call: Call) -> str:
    """What the shares are called in short."""
    return SYMBOL


def decimals(state: State, call: Call) -> int:
    """How many decimals make one share."""
    return DECIMALS


def totalSupply(state: State, call: Call) -> Shares:
    """All shares there are."""
    return state.supply[()]


def balanceOf(state: State, call: Call, owner: Address) -> Shares:
    """The shares of `owner`."""
    return state.shares[owner]


def allowance(state: State, call: Call, owner: Address, spender: Address) -> Shares:
    """The shares that `spender` may take from `owner`."""
    return state.share_allowances[owner, spender]


def nav(state: State, call: Call) -> Nav:
    """
    The lower and the higher value of the vault, what it must hold in reserve, how old
    its prices are, and whether it is shut.
    """
    return nav_of(state, exchange.books(state, call), False, call.now)


def asset(state: State, call: Call) -> Address:
    """The token that providers give and get."""
    return state.addresses.token


def totalAssets(state: State, call: Call) -> Atoms:
    """
    What the vault is worth in atoms, at its lower value and the last prices.
    """
    books = exchange.books(state, call)
    low = nav_of(state, books, False, call.now).low
    return int(div_down(max(low, Quote(0)), state.scale))


def convertToShares(state: State, call: Call, assets: Atoms) -> Shares:
    """
    The shares that `assets` buy, at the higher value and the last prices.
    """
    require(assets >> 120 == 0, errors.OUT_OF_BOUNDS)
    amount = Quote(assets * state.scale)
    require_fits(amount, 120)
    high = nav_of(state, exchange.books(state, call), False, call.now).high
    return share.shares_for(amount, state.supply[()], high)


def convertToAssets(state: State, call: Call, shares: Shares) -> Atoms:
    """
    The atoms that `shares` redeem, at the lower value and the last prices.
    """
    require(shares >> 120 == 0, errors.OUT_OF_BOUNDS)
    low = nav_of(state, exchange.books(state, call), False, call.now).low
    return atoms_for(state, shares, low)


def maxDeposit(state: State, call: Call, receiver: Address) -> Atoms:
    """
    The most atoms for which a request would be executed now; none while a price is not
    valid.
    """
    return most_deposit(state, call.now)


def maxMint(state: State, call: Call, receiver: Address) -> Shares:
    """The most shares that a request would give now."""
    high = nav_of(state, exchange.books(state, call), False, call.now).high
    amount = Quote(most_deposit(state, call.now) * state.scale)
    return share.shares_for(amount, state.supply[()], high)


def maxWithdraw(state: State, call: Call, owner: Address) -> Atoms:
    """The most atoms that a request would give its owner now."""
    low = nav_of(state, exchange.books(state, call), False, call.now).low
    return atoms_for(state, most_redemption(state, owner, call.now), low)


def maxRedeem(state: State, call: Call, owner: Address) -> Shares:
    """
    The most shares of an owner for which a request would be executed now, by the owner.
    """
    return most_redemption(state, owner, call.now)


def previewDeposit(state: State, call: Call, assets: Atoms) -> Shares:
    """Nobody knows it: a request is executed at a later price."""
    require(False, errors.NO_PREVIEW)
    return Shares(0)


def previewMint(state: State, call: Call, shares: Shares) -> Atoms:
    """Nobody knows it: a request is executed at a later price."""
    require(False, errors.NO_PREVIEW)
    return 0


def previewWithdraw(state: State, call: Call, assets: Atoms) -> Shares:
    """Nobody knows it: a request is executed at a later price."""
    require(False, errors.NO_PREVIEW)
    return Shares(0)


def previewRedeem(state: State, call: Call, shares: Shares) -> Atoms:
    """Nobody knows it: a request is executed at a later price."""
    require(False, errors.NO_PREVIEW)
    return 0


def isOperator(
    state: State, call: Call, controller: Address, operator: Address
) -> bool:
    """Whether `operator` may ask on behalf of `controller`."""
    return state.request_operators[controller, operator]


def pendingDepositRequest(
    state: State, call: Call, request_id: int, controller: Address
) -> Atoms:
    """The assets of a deposit that waits."""
    pending = request.load_request(state, request_id)
    if pending.controller == controller and pending.is_deposit:
        return pending.amount
    return 0


def pendingRedeemRequest(
    state: State, call: Call, request_id: int, controller: Address
) -> Shares:
    """The shares of a redemption that waits."""
    pending = request.load_request(state, request_id)
    if pending.controller == controller and not pending.is_deposit:
        return Shares(pending.amount)
    return Shares(0)


def claimableDepositRequest(
    state: State, call: Call, request_id: int, controller: Address
) -> Atoms:
    """Nothing ever is: what is executed is paid out at once."""
    return 0


def claimableRedeemRequest(
    state: State, call: Call, request_id: int, controller: Address
) -> Shares:
    """Nothing ever is: what is executed is paid out at once."""
    return Shares(0)


def request_of(state: State, call: Call, request_id: int) -> Request:
    """The request of that number, empty where none waits."""
    return request.load_request(state, request_id)


def request_count(state: State, call: Call) -> int:
    """How many requests there ever were: the number of the last one."""
    return state.request_count[()]


def ask_deposit(
    state: State,
    controller: Address,
    owner: Address,
    sender: Address,
    atoms: Atoms,
    min_shares: int,
    now: Seconds,
) -> int:
    """
    Take the atoms of an owner, to wait until the deposit is executed for who controls
    it.
    """
    request_id = request.add_request(
        state,
        Request(
            controller=controller,
            is_deposit=True,
            amount=atoms,
            minimum=min_shares,
            requested_at=now,
        ),
    )
    state.log(
        DepositRequest(
            controller=controller,
            owner=owner,
            request_id=request_id,
            sender=sender,
            assets=atoms,
        )
    )
    exchange.escrow_deposit(state, Call(state.addresses.vault, now), owner, atoms)
    return request_id


def ask_redeem(
    state: State,
    controller: Address,
    owner: Address,
    sender: Address,
    shares: Shares,
    min_atoms: Atoms,
    now: Seconds,
) -> int:
    """
    Take the shares of an owner, to wait until the redemption is executed for who
    controls it; until then they gain and lose like all others.
    """
    request_id = request.add_request(
        state,
        Request(
            controller=controller,
            is_deposit=False,
            amount=int(shares),
            minimum=min_atoms,
            requested_at=now,
        ),
    )
    state.log(
        RedeemRequest(
            controller=controller,
            owner=owner,
            request_id=request_id,
            sender=sender,
            shares=shares,
        )
    )
    share.move(state, owner, state.addresses.vault, shares)
    return request_id


def give_back(state: State, request_id: int, pending: Request, now: Seconds) -> None:
    """Give what a request held to who controls it."""
    controller, amount = pending.controller, pending.amount
    state.log(
        RequestReturned(request_id=request_id, controller=controller, amount=amount)
    )
    vault = Call(state.addresses.vault, now)
    if pending.is_deposit:
        exchange.return_deposit(state, vault, controller, amount)
    else:
        share.move(state, vault.sender, controller, Shares(amount))


def given_for(state: State, pending: Request, needs_valid: bool, now: Seconds) -> int:
    """
    The shares or the atoms that a request gives now; refused while it may not be
    executed.
    """
    books = exchange.books(state, Call(state.addresses.vault, now))
    params = parameters.risk_in(state, books.risk_params).vault
    require(now <= request.closes_at(pending, params), errors.REQUEST_TOO_LATE)
    nav = nav_of(state, books, needs_valid, now)
    require(
        nav.priced_at > request.waits_until(pending, params), errors.REQUEST_TOO_EARLY
    )
    # Who leaves would leave a shortage to the others, who enters would pay theirs.
    require(not nav.is_shut, errors.VAULT_SHUT)
    supply = state.supply[()]
    if pending.is_deposit:
        require(share.is_saleable(supply, nav.high), errors.VAULT_UNDERWATER)
        amount = Quote(pending.amount * state.scale)
        return int(share.shares_for(amount, supply, nav.high))

    require(not is_quarantined(state, books, now), errors.VAULT_QUARANTINED)
    atoms = atoms_for(state, Shares(pending.amount), nav.low)
    # What is returned anyway leaves the vault as it is.
    if atoms >= pending.minimum:
        left = nav.low - Quote(atoms * state.scale)
        require(left >= nav.reserved, errors.RESERVE_TOO_SMALL)
    return atoms


def atoms_for(state: State, shares: Shares, low: Quote) -> Atoms:
    """The atoms that `shares` redeem at a lower value."""
    value = share.amount_for(shares, state.supply[()], low)
    return int(div_down(value, state.scale))


def most_deposit(state: State, now: Seconds) -> Atoms:
    """The most atoms that the vault would let in now."""
    books = exchange.books(state, Call(state.addresses.vault, now))
    nav = nav_of(state, books, False, now)
    supply = state.supply[()]
    if nav.is_shut or not nav.is_priced or not share.is_saleable(supply, nav.high):
        return 0
    held = Quote(books.holdings.held_atoms * state.scale)
    most = min(share.most_amount(supply, nav.high), MOST_HELD - held)
    return int(div_down(most, state.scale))


def most_redemption(state: State, owner: Address, now: Seconds) -> Shares:
    """The most shares of an owner that the vault would pay out now."""
    books = exchange.books(state, Call(state.addresses.vault, now))
    nav = nav_of(state, books, False, now)
    if nav.is_shut or is_quarantined(state, books, now):
        return Shares(0)
    spare = min(nav.low - nav.reserved, books.funds.vault - books.holdings.debt)
    if spare < 0:
        return Shares(0)
    # An atom that is not whole is not paid out.
    spare = state.scale * div_down(spare, state.scale) + Quote(state.scale - 1)
    most = share.most_shares(spare, state.supply[()], nav.low)
    shares = min(state.shares[owner], most)
    if atoms_for(state, shares, nav.low) == 0:
        return Shares(0)
    return shares


def is_quarantined(state: State, books: Books, now: Seconds) -> bool:
    """
    Whether the vault has borne a bad debt so lately that nobody leaves it.
    """
    if books.risk_params == 0:
        return True
    quarantine = parameters.risk_in(state, books.risk_params).vault.quarantine
    return now < books.bad_debt_at + quarantine


def nav_of(state: State, books: Books, needs_valid: bool, now: Seconds) -> Nav:
    """
    The value of the vault; a market with positions whose price is not valid is refused,
    or counts with all that it could cost.
    """
    call = Call(state.addresses.vault, now)
    vault = books.funds.vault
    nav = Nav(
        low=vault,
        high=vault,
        reserved=Quote(0),
        priced_at=now,
        is_priced=True,
        is_shut=False,
    )
    for market_id in range(books.market_count):
        current = exchange.market_of(state, call, market_id)
        has_positions = sides.open_interest(current.book) != Size(0)
        if not has_positions and current.open_claims == Quote(0):
            continue
        code = exchange.params_of(state, call, market_id)
        params = parameters.params_in(state, code, now)
        price = oracle.price(state, call, market_id)
        is_priced = True
        if has_positions:
            if needs_valid:
                parameters.require_valid(price, params.limits, now)
            is_priced = parameters.is_valid(price, params.limits, now)
            nav = share.priced(nav, price.published_at, is_priced)
        owed = share.liability(current, price, params, vault, is_priced, now)
        nav = share.charged(nav, owed)
    return nav
