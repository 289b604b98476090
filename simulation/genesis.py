"""
The genesis of a scenario: what is decided before the first call, and who there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evm.actors import actor_address
from protocol.trace import (
    VERSION,
    Action,
    CollateralGenesis,
    Genesis,
    MarketGenesis,
)
from simulation.scenario import Priced, Scenario

OWNER = "owner"
FOUNDER = "founder"
KEEPER = "keeper"
LENDER = "lender"


def reporters_of(priced: Priced) -> dict[str, int]:
    """The addresses of who reports of a market or token, by their names."""
    names = [f"reporter-{priced.title}-{each}" for each in range(priced.reporters)]
    return {name: actor_address(name) for name in names}


def genesis_of(scenario: Scenario, agents: Mapping[str, int]) -> Genesis:
    """What is decided before the first call; agents bring their money themselves."""
    actors = {name: actor_address(name) for name in (OWNER, FOUNDER, KEEPER)}
    for each in scenario.priced:
        actors |= reporters_of(each)
    scale = int(10 ** (18 - scenario.decimals))
    return Genesis(
        version=VERSION,
        # The founder's request has waited when the run begins.
        start=scenario.run.start - int(scenario.risk.vault.delay) - 1,
        decimals=scenario.decimals,
        owner=actors[OWNER],
        risk=scenario.risk,
        markets=tuple(
            MarketGenesis(
                each.name, each.feed, tuple(reporters_of(each).values()), each.params
            )
            for each in scenario.markets
        ),
        collateral=tuple(
            CollateralGenesis(
                name=each.name,
                decimals=each.params.decimals,
                feed=each.feed,
                reporters=tuple(reporters_of(each).values()),
                params=each.params,
                balances={},
            )
            for each in scenario.tokens
        ),
        actors=actors | dict(agents),
        balances={
            name: deposit // scale
            for name, deposit in (
                (FOUNDER, scenario.vault),
                (OWNER, scenario.insurance),
                (KEEPER, scenario.keepers.capital),
            )
            if deposit >= scale
        },
    )


def agent_names(scenario: Scenario) -> dict[str, int]:
    """The addresses of the agents by their names, and of who lends to them."""
    names = [
        f"{group.kind}-{place}-{number}"
        for place, group in enumerate(scenario.agents)
        for number in range(group.count)
    ]
    if any(getattr(group, "line", 0) for group in scenario.agents):
        names.append(LENDER)
    return {name: actor_address(name) for name in names}


def funding_calls(genesis: Genesis, now: int) -> Iterator[Action]:
    """Fund the vault and the insurance, at `now`, before anybody comes."""
    founder, owner, given = genesis.actors[FOUNDER], genesis.owner, genesis.balances
    if FOUNDER in given:
        asked = (given[FOUNDER], 1)
        yield Action("Vault", "request_deposit", founder, genesis.start, asked)
        yield Action("Vault", "execute", founder, now, (1,))
    if OWNER in given:
        yield Action("Exchange", "fund_insurance", owner, now, (given[OWNER],))
