"""
Who may change a market, how far, and how fast: in both worlds.
"""

from __future__ import annotations

from protocol import errors, market
from protocol.fixed_point import WAD
from protocol.governance import PAUSE, REST
from protocol.parameters import ACTIVE, HALTED, REDUCE_ONLY
from protocol.statement import HEALTHY, LIQUIDATABLE
from protocol.trace import words_of
from tests.evm.refusals.scene import ETH, FIRST, SECOND, THIRD, Scene, changed, opened
from tests.genesis import ACTORS, DAY, GENESIS, MARKET

COUNCIL, GUARDIAN = "keeper", "stranger"


def governed() -> Scene:
    """The owner has named a council and a guardian; the first trader is long."""
    scene = opened()
    scene.must("owner", "Governor", "appoint_council", ACTORS[COUNCIL])
    scene.must("owner", "Governor", "appoint_guardian", ACTORS[GUARDIAN])
    return scene


def mode(scene: Scene) -> int:
    """The mode of the first market now."""
    found: int = market.load_params(scene.pair.model.state, ETH, scene.now).limits.mode
    return found


def pause(scene: Scene) -> str | None:
    """The guardian pauses the first market."""
    scene.call(GUARDIAN, "Governor", "pause_market", ETH)
    return scene.error


def tighten(scene: Scene, name: str, **changes: dict[str, int]) -> str | None:
    """Somebody changes the first market as only the council may."""
    words = words_of(changed(MARKET, changes))
    scene.call(name, "Governor", "tighten_market", ETH, *words)
    return scene.error


def status(scene: Scene) -> int:
    """What the first trader is told."""
    found = scene.pair.model.view("Lens", "statement_of", scene.now, FIRST)
    return int(found.status)


def test_a_pause_ends_by_itself_after_a_day() -> None:
    scene = governed()
    assert pause(scene) is None
    begun = scene.now
    for passed, expected in ((PAUSE - 1, REDUCE_ONLY), (PAUSE, ACTIVE)):
        scene.now = begun + passed - 1
        scene.price(ETH, 2_000 * WAD)
        assert mode(scene) == expected
        scene.trade(SECOND, ETH, WAD)
        refused = errors.MARKET_ONLY_REDUCES if expected == REDUCE_ONLY else None
        assert scene.error == refused
        scene.traded(FIRST, ETH, -WAD)


def test_nobody_ends_a_pause_or_makes_it_longer() -> None:
    scene = governed()
    assert pause(scene) is None
    paused_until = scene.now + PAUSE
    scene.now += 60
    scene.set_market()
    assert scene.error is None
    assert mode(scene) == REDUCE_ONLY
    assert tighten(scene, COUNCIL, limits={"max_size": 50 * WAD}) is None
    assert pause(scene) == errors.PAUSED_LATELY
    scene.now = paused_until
    assert mode(scene) == ACTIVE
    scene.now = paused_until + REST - 1
    assert pause(scene) == errors.PAUSED_LATELY
    scene.now += 1
    assert pause(scene) is None


def test_a_pause_loosens_no_halt() -> None:
    scene = governed()
    scene.set_market(limits={"mode": HALTED})
    assert pause(scene) is None
    assert mode(scene) == HALTED


def test_who_was_replaced_has_no_say() -> None:
    scene = governed()
    scene.must("owner", "Governor", "appoint_guardian", ACTORS["trader_1"])
    assert pause(scene) == errors.NOT_GUARDIAN
    scene.must("owner", "Governor", "appoint_council", 0)
    refused = tighten(scene, COUNCIL, limits={"max_size": 50 * WAD})
    assert refused == errors.NOT_COUNCIL


def test_a_council_tightens_and_the_owner_alone_loosens() -> None:
    scene = governed()
    assert tighten(scene, COUNCIL, limits={"mode": REDUCE_ONLY}) is None
    assert tighten(scene, COUNCIL) == errors.NOT_TIGHTER
    assert tighten(scene, "owner") == errors.NOT_COUNCIL
    scene.set_market()
    assert scene.error is None
    assert mode(scene) == ACTIVE
    # A law that holds for the owner holds for the council.
    refused = tighten(scene, COUNCIL, limits={"max_open_interest": 99 * WAD})
    assert refused == errors.PARAMETER_OUT_OF_BOUNDS


def test_a_raised_margin_liquidates_nobody_at_once() -> None:
    """Healthy with a base of a tenth, and not with one of a fifth."""
    scene = governed()
    scene.price(ETH, 1_850 * WAD)
    assert status(scene) == HEALTHY
    assert (
        tighten(scene, COUNCIL, margin={"im_base": 2 * MARKET.margin.im_base}) is None
    )
    assert status(scene) == HEALTHY
    scene.call("keeper", "Exchange", "liquidate", FIRST, ETH)
    assert scene.error == errors.HEALTHY
    scene.now += DAY - 1
    scene.price(ETH, 1_850 * WAD)
    assert status(scene) == LIQUIDATABLE
    scene.must("keeper", "Exchange", "liquidate", FIRST, ETH)


def test_a_margin_in_the_middle_of_its_rise_goes_on_from_there() -> None:
    scene = governed()
    state = scene.pair.model.state
    scene.set_market(margin={"im_base": 2 * MARKET.margin.im_base})
    scene.now += DAY // 2
    half = market.load_params(state, ETH, scene.now).margin.im_base
    assert half == MARKET.margin.im_base * 3 // 2
    scene.must(GUARDIAN, "Governor", "pause_market", ETH)
    assert market.load_params(state, ETH, scene.now).margin.im_base == half
    scene.now += DAY // 2
    whole = market.load_params(state, ETH, scene.now).margin.im_base
    assert whole == 2 * MARKET.margin.im_base


def test_margins_that_begin_too_thin_take_two_steps() -> None:
    """What the keeper may earn is covered by what is asked of accounts today."""
    scene = governed()
    # A portfolio's floor has to cover it as well.
    words = words_of(changed(GENESIS.risk, {"portfolio": {"floor": WAD // 4}}))
    scene.must("owner", "Governor", "set_risk", *words)
    both = {
        "margin": {"im_base": 2 * MARKET.margin.im_base},
        "liquidation": {"keeper_share": 4 * WAD // 100},
    }
    scene.set_market(**both)
    assert scene.error == errors.CLOSING_COSTS_TOO_MUCH
    scene.set_market(margin=both["margin"])
    assert scene.error is None
    scene.now += DAY
    scene.set_market(**both)
    assert scene.error is None


def test_a_new_account_must_hold_what_is_in_force() -> None:
    scene = governed()
    scene.set_market(margin={"im_base": 2 * MARKET.margin.im_base})
    scene.now += DAY
    scene.price(ETH, 2_000 * WAD)
    scene.traded(THIRD, ETH, WAD)
    held = scene.pair.model.view("Lens", "statement_of", scene.now, THIRD)
    assert held.initial >= 2 * MARKET.margin.im_base * 2_000
