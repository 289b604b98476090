"""
Providers ask to come and to go, and somebody executes what they ask for.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocol import market, request, share
from protocol.request import VaultParams
from protocol.share import Nav
from tests.stateful.choices import Choices
from tests.stateful.vocabulary.arguments import MOST_UINT, amount, any_sender
from tests.stateful.vocabulary.prices import all_rounds, is_stale, round_at
from tests.stateful.vocabulary.registry import Calls, rule
from tests.stateful.vocabulary.shares import share_owners
from tests.stateful.world import World


def vault_params(world: World) -> VaultParams:
    """What holds for the providers now."""
    return market.load_risk(world.state).vault


def value_now(world: World) -> Nav:
    """What the vault is worth."""
    found: Nav = world.model.view("Vault", "nav", world.now)
    return found


def least_given(world: World, choose: Choices, is_deposit: bool, amount: int) -> int:
    """What a request asks for: nothing mostly, or what it gives, a wei more or less."""
    nav = value_now(world)
    if choose.chance(70) or not 0 <= amount < 2**120:
        return 0
    supply, scale = world.state.supply[()], world.state.scale
    if is_deposit:
        given = share.shares_for(amount * scale, supply, nav.high)
    else:
        given = share.amount_for(amount, supply, nav.low) // scale
    least = given + choose.integer(-1, 1)
    if choose.chance(15):
        least = choose.pick((2**120 - 1, 2**120, MOST_UINT))
    return max(0, least)


def spared(world: World, provider: int) -> int:
    """So many shares that the vault can just spare what they redeem."""
    nav, state = value_now(world), world.state
    held = state.shares[provider]
    debt = state.holdings[()].debt
    spare = max(0, min(nav.low - nav.reserved, state.funds[()].vault - debt))
    room = (spare + 1) * (state.supply[()] + share.VIRTUAL_SHARES) - 1
    return min(held, room // (max(nav.low, 0) + 1))


def waiting(world: World, choose: Choices, in_time: bool) -> list[int]:
    """The requests that wait: those in time mostly, or those that are too late."""
    requests, params = world.state.requests, vault_params(world)
    numbers = [number for number, pending in requests.items() if pending.amount]
    wanted = [
        number
        for number in numbers
        if (world.now <= request.closes_at(requests[number], params)) == in_time
    ]
    return wanted if choose.chance(90) else numbers


def stale_from(world: World) -> int:
    """When the first price of those that count will be too old for the vault."""
    state = world.state
    return min(
        (
            market.price_of(state, number).published_at + world.max_age(number) + 1
            for number in range(world.markets)
            if state.books[number] != state.books.empty
        ),
        default=0,
    )


@rule(
    4,
    {
        "Vault.request_deposit": "ok BalanceTooSmall OutOfBounds ZeroAmount",
    },
)
def request_deposit(world: World, choose: Choices) -> Calls:
    """A provider asks to come, for at least so many shares."""
    sender = any_sender(world, choose)
    if choose.chance(70):
        sender = world.actors[choose.pick(("provider", "provider_2"))]
    unit = 10**world.genesis.decimals
    atoms = choose.integer(1, 50_000 * unit)
    if choose.chance(30):
        more = world.state.quote.balances[sender] + 1
        atoms = choose.pick((0, 1, more, more, 2**120 - 1, 2**120, MOST_UINT))
    least = least_given(world, choose, True, atoms)
    yield world.by(sender, "Vault", "request_deposit", atoms, least)
    if choose.chance(40):
        yield from carried_out(world, choose, world.state.request_count[()])


@rule(
    4,
    {
        "Vault.request_redeem": "ok BalanceTooSmall OutOfBounds ZeroAmount",
    },
)
def request_redeem(world: World, choose: Choices) -> Calls:
    """A provider asks to go, with at least so many atoms."""
    sender = any_sender(world, choose)
    owners = share_owners(world)
    if owners and choose.chance(90):
        sender = choose.pick(owners)
    shares = world.state.shares[sender]
    if choose.chance(55):
        shares = choose.integer(shares // 50, shares // 5 + 1)
    elif choose.chance(30):
        shares = spared(world, sender) + choose.integer(0, 1)
    else:
        shares = amount(choose, shares, MOST_UINT)
    least = least_given(world, choose, False, shares)
    yield world.by(sender, "Vault", "request_redeem", shares, least)
    if choose.chance(40):
        yield from carried_out(world, choose, world.state.request_count[()])


@rule(
    3,
    {
        "Vault.requestDeposit": "ok NotOperator ZeroReceiver",
        "Vault.requestRedeem": "ok AllowanceTooSmall BalanceTooSmall ZeroReceiver",
        "Vault.setOperator": "ok",
    },
)
def request_for_another(world: World, choose: Choices) -> Calls:
    """Somebody asks as ERC-7540 has it, with what is another's perhaps."""
    state = world.state
    owners = share_owners(world)
    owner = any_sender(world, choose)
    if owners and choose.chance(70):
        owner = choose.pick(owners)
    sender = owner
    if choose.chance(55):
        sender = any_sender(world, choose)
        kind = choose.integer(0, 3)
        if kind == 0:
            yield world.by(owner, "Vault", "setOperator", sender, 1)
        elif kind == 1:
            allowed = choose.pick((state.shares[owner] // 100, MOST_UINT))
            yield world.by(owner, "Vault", "approve", sender, allowed)
        elif kind == 2 and choose.chance(50):
            yield world.by(owner, "Vault", "setOperator", sender, 0)
    controller = choose.pick((owner, sender, any_sender(world, choose)))
    if choose.chance(6):
        controller = 0
    if choose.chance(50):
        amount = choose.integer(1, 10_000 * 10**world.genesis.decimals)
        function = "requestDeposit"
    else:
        amount = state.shares[owner] // choose.pick((100, 10)) + choose.integer(0, 1)
        function = "requestRedeem"
    yield world.by(sender, "Vault", function, amount, controller, owner)
    if choose.chance(50):
        yield from carried_out(world, choose, state.request_count[()])


@rule(
    8,
    {
        "Vault.execute": (
            "ok PriceInvalid PriceStale PriceTripped PriceUncertain RequestTooEarly "
            "RequestTooLate RequestUnknown ReserveTooSmall VaultQuarantined "
            "VaultShut VaultUnderwater"
        )
    },
)
def execute(world: World, choose: Choices) -> Calls:
    """Somebody executes a request: in time mostly, or at an edge, or one unknown."""
    numbers = waiting(world, choose, True)
    keeper = world.actors["keeper"]
    sender = keeper if choose.chance(60) else any_sender(world, choose)
    if not numbers and choose.chance(70):
        return
    if not numbers or choose.chance(6):
        known = world.state.request_count[()]
        number = choose.pick((known, max(known - 1, 0), 0, known + 1, MOST_UINT))
        yield world.by(sender, "Vault", "execute", number)
        return
    number = choose.pick(numbers)
    pending, params = world.state.requests[number], vault_params(world)
    if choose.chance(20) and pending.controller in world.names:
        sender = pending.controller
    first = request.waits_until(pending, params) + 1
    last = request.closes_at(pending, params)
    kind = choose.integer(0, 99)
    if kind < 80:
        world.now = max(world.now, first)
    elif kind < 90:
        world.now = max(world.now, first + choose.integer(-1, 1))
    elif kind < 96:
        world.now = max(world.now, last + choose.integer(-1, 1))
    aged = stale_from(world)
    if choose.chance(10) and world.now <= aged <= last:
        world.now = aged
    # A price from before may still be good, but it is not one for a request.
    elif choose.chance(85):
        yield from all_rounds(world, choose)
        if choose.chance(20):
            yield from doubted(world, choose)
    yield world.by(sender, "Vault", "execute", number)
    if choose.chance(10):
        yield world.by(sender, "Vault", "execute", number)


def doubted(world: World, choose: Choices) -> Calls:
    """A market of which nobody is sure."""
    market_id = choose.integer(0, world.markets - 1)
    index = market.price_of(world.state, market_id).index
    yield from round_at(world, choose, market_id, index, index // 30)


@rule(
    3,
    {
        "Vault.return_request": "ok RequestStillOpen RequestUnknown",
    },
)
def return_request(world: World, choose: Choices) -> Calls:
    """Somebody gives back a request that was not executed in time, or tries to."""
    numbers = waiting(world, choose, False)
    sender = any_sender(world, choose)
    if not numbers and choose.chance(70):
        return
    if not numbers or choose.chance(15):
        known = world.state.request_count[()]
        number = choose.pick((known, 0, known + 1, MOST_UINT))
        yield world.by(sender, "Vault", "return_request", number)
        return
    number = choose.pick(numbers)
    pending, params = world.state.requests[number], vault_params(world)
    last = request.closes_at(pending, params)
    if choose.chance(75):
        world.now = max(world.now, last + choose.integer(0, 2))
    yield world.by(sender, "Vault", "return_request", number)


def carried_out(world: World, choose: Choices, number: int) -> Calls:
    """A request waits as long as it must, or somebody is too eager; it is executed."""
    pending, params = world.state.requests[number], vault_params(world)
    if not pending.amount:
        return
    last = request.waits_until(pending, params)
    call = world.by("keeper", "Vault", "execute", number)
    if choose.chance(20):
        world.now = max(world.now, last)
        yield from all_rounds(world, choose)
        yield replace(call, now=world.now)
    world.now = max(world.now, last + 1)
    if choose.chance(20) and not is_stale(world):
        yield replace(call, now=world.now)
    yield from all_rounds(world, choose)
    if choose.chance(10):
        # Too late for a trade, and for this.
        world.now += world.max_age(choose.integer(0, world.markets - 1)) + 1
    yield replace(call, now=world.now)
