"""
What a newcomer does at the desk is what anybody does by calls, on every chain.
"""

from __future__ import annotations

import pytest

from evm.lockstep import Difference
from evm.replay import replay
from protocol import errors, fee, statement
from protocol.errors import Revert
from protocol.fixed_point import WAD
from protocol.statement import BANKRUPT, HEALTHY, LIQUIDATABLE
from protocol.units import Quote
from simulation.desk import STATUS, Desk
from simulation.errors import ScenarioError
from tests.node import running_anvil
from tests.simulation.small import DEPEG


def crashed(evm: str) -> Desk:
    """The story of the quickstart: a trader with nine times his money, and a fall."""
    desk = Desk(evm)
    desk.deposit("trader", "10_000 USDC")
    desk.trade("trader", "ETH", "30 ETH")
    desk.move("ETH", "-0.10")
    return desk


@pytest.fixture
def desk() -> Desk:
    """A desk on the model alone."""
    return Desk()


@pytest.mark.parametrize("evm", ["none", "revm"])
def test_five_lines_end_at_the_brink(evm: str) -> None:
    desk = crashed(evm)
    found = desk.statement("trader")
    assert found.status == LIQUIDATABLE
    assert found.equity < found.maintenance + found.reserve
    assert found.lines[0].size == 30 * WAD
    assert "trader at 2026-01-01T00:10:00Z: liquidatable" in desk.tell("trader")
    assert desk.liquidate("trader", "ETH") > 0
    assert desk.statement("trader").status == HEALTHY


def test_every_status_has_a_word() -> None:
    states = {getattr(statement, name) for name in vars(statement) if name.isupper()}
    assert states - {WAD, statement.NO_END} == STATUS.keys()


def test_the_same_lines_end_alike_on_the_model_and_on_chains() -> None:
    endings = {evm: crashed(evm).end() for evm in ("none", "revm", "eth-tester")}
    assert len({each.digest for each in endings.values()}) == 1
    assert endings["eth-tester"].roots == "equal"


def test_they_end_alike_on_a_node() -> None:
    with running_anvil("--no-mining") as url:
        ending = crashed(url).end()
    assert ending == crashed("eth-tester").end()


def test_what_was_done_is_a_trace_that_replays(tmp_path) -> None:
    desk = crashed("none")
    desk.write(tmp_path / "story.jsonl")
    again = replay(tmp_path / "story.jsonl", "revm")
    assert again.is_faithful
    assert again.digest == desk.end().digest


def test_a_refusal_is_the_error_of_the_protocol_and_leaves_nothing(desk) -> None:
    desk.deposit("trader", "100 USDC")
    before = desk.statement("trader")
    with pytest.raises(Revert, match=errors.BELOW_INITIAL_MARGIN):
        desk.trade("trader", "ETH", "30 ETH")
    with pytest.raises(Revert, match=errors.LIMIT_EXCEEDED):
        desk.trade("trader", "ETH", "0.1 ETH", limit="3_000 USDC")
    with pytest.raises(Revert, match=errors.NO_POSITION):
        desk.liquidate("trader", "ETH")
    with pytest.raises(Revert, match=errors.NOT_OPERATOR):
        desk.make("rival", "Exchange", "withdraw", desk.holder("trader"), 1, 1)
    assert desk.statement("trader") == before


def test_a_trade_at_its_limit_is_made_and_a_short_gains_by_a_fall(desk) -> None:
    desk.deposit("trader", "1_000 USDC")
    fill = desk.trade("trader", "ETH", "-1 ETH", limit="2_990 USDC")
    assert fill.price >= 2_990 * WAD
    desk.move("ETH", "-0.05", over="5m")
    # A gain is paid by the worse of index and average, which takes its time to follow.
    desk.wait("1h")
    assert 145 * WAD < desk.settle("trader", "ETH") < 150 * WAD
    desk.withdraw("trader", "100 USDC")
    desk.trade("trader", "ETH", "1 ETH")
    assert desk.statement("trader").lines[0].size == 0


def test_a_price_is_what_its_reporters_say(desk) -> None:
    desk.move("BTC", "0.10", over="1m")
    assert desk.now == desk.scenario.run.start + 60
    words = (desk.market_id("BTC"),)
    price = desk.make("rival", "Oracle", "price", *words)
    assert price.index == desk.prices[1] == 99_000 * WAD
    assert price.mark == price.index
    desk.wait("5m")
    assert desk.make("rival", "Oracle", "price", *words).index == 99_000 * WAD


def test_a_fault_of_the_model_is_found_by_a_call_and_by_a_look(monkeypatch) -> None:
    desk, right = crashed("revm"), fee.trade_fee
    with monkeypatch.context() as patch:
        patch.setattr(statement, "status_of", lambda *words: BANKRUPT)
        with pytest.raises(Difference, match=r"views\n.*Lens.statement_of"):
            desk.statement("trader")
    monkeypatch.setattr(fee, "trade_fee", lambda *words: right(*words) + Quote(1))
    with pytest.raises(Difference, match="returned"):
        desk.trade("trader", "ETH", "-1 ETH")


def test_parameters_are_set_as_on_the_command_line() -> None:
    desk = Desk(overrides=["market.ETH.margin.im_base=0.5"])
    desk.deposit("trader", "10_000 USDC")
    with pytest.raises(Revert, match=errors.BELOW_INITIAL_MARGIN):
        desk.trade("trader", "ETH", "30 ETH")
    with pytest.raises(ScenarioError, match="im_base"):
        Desk(overrides=["market.ETH.margin.im_base=0.001"])


def test_another_scenario_brings_its_markets_and_tokens() -> None:
    desk = Desk(scenario=DEPEG, people=("lender",))
    desk.move("sUSD", "-0.1", over="1m")
    assert desk.statement("lender").equity == 0
    with pytest.raises(ValueError, match="sUSD is a token, not a market"):
        desk.market_id("sUSD")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda desk: desk.deposit("nobody", "1 USDC"), "nobody is called 'nobody'"),
        (lambda desk: desk.deposit("trader", "1 ETH"), "is in 'ETH', not in 'USDC'"),
        (lambda desk: desk.deposit("trader", "0.0000001"), "more than 6 decimals"),
        (lambda desk: desk.trade("trader", "SOL", "1 SOL"), "nothing is called 'SOL'"),
        (
            lambda desk: desk.trade("trader", "ETH", "1 BTC"),
            "is in 'BTC', not in 'ETH'",
        ),
        (lambda desk: desk.move("ETH", "-1"), "no price falls by all of itself"),
        (lambda desk: desk.move("ETH", "10%"), "ratios have one scale"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_call(desk, call, said) -> None:
    made = len(desk.actions)
    with pytest.raises(ValueError, match=said):
        call(desk)
    assert len(desk.actions) == made
