"""
Scenarios: what a file means, and how each fault in it is named.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol import errors
from protocol.collateral import CollateralParams
from protocol.feed import FeedParams
from protocol.fixed_point import WAD
from protocol.parameters import MarketParams, RiskParams
from protocol.portfolio import packed_shocks
from simulation.document import read_document
from simulation.errors import InputError, ScenarioError
from simulation.parameters import Range, Section, section_of
from simulation.prices import Gap, Tick
from simulation.refusals import LAWS, check_laws, explain_refusal, leaves
from simulation.scenario import load_scenario, price_series, read_scenario, told_series
from simulation.sections import CollateralKeys, DrawnPrices, Providers, StopLossTraders
from tests.simulation.small import CRASH, DEPEG, GLITCH, HEDGE, ORDERS

START = 1_767_225_600


@pytest.fixture
def document():
    return read_document(CRASH)


def problems_of(document) -> list[str]:
    """What is wrong with a document, a line each."""
    with pytest.raises(ScenarioError) as refused:
        read_scenario(document, Path("some.toml"))
    return str(refused.value).splitlines()


def refused(*overrides: str, path: Path = CRASH) -> str:
    with pytest.raises(InputError) as refusal:
        load_scenario(path, overrides)
    return str(refusal.value).replace(str(path), path.name)


def test_the_scenario_that_comes_along_is_read() -> None:
    scenario = load_scenario(CRASH)
    assert [market.name for market in scenario.markets] == ["ETH", "BTC"]
    assert scenario.run.start == START
    assert scenario.vault == 400_000 * WAD
    ether = scenario.markets[0]
    assert ether.params.margin.im_base == WAD // 20
    assert ether.params.limits.trade_age == 60
    assert ether.feed.quorum == 3
    assert ether.reporters == 3
    assert isinstance(ether.prices, DrawnPrices)
    assert ether.prices.shocks[0].move == -28 * WAD // 100


def test_it_has_two_hundred_accounts() -> None:
    agents = load_scenario(CRASH).agents
    assert sum(each.count for each in agents) == 200
    stopped = next(each for each in agents if isinstance(each, StopLossTraders))
    assert stopped.capital == Range(500 * WAD, 5_000 * WAD)
    assert stopped.entry == Range(0, 3 * 3_600)
    assert stopped.stop == 8 * WAD // 100
    leaving = [each for each in agents if isinstance(each, Providers)][-1]
    assert leaving.leaves_at == 7 * 3_600
    assert leaving.fraction == WAD // 2


def test_its_parameters_keep_the_laws_of_a_market() -> None:
    """What closing costs at most is less than the margin left when it starts."""
    for market in load_scenario(CRASH).markets:
        params = market.params
        limits, scale = params.limits, params.pricing.skew_scale
        margin = params.margin.im_base * params.margin.maintenance_fraction
        kept = margin * params.liquidation.critical_fraction // WAD // WAD
        shares = params.liquidation.keeper_share + params.liquidation.insurance_share
        slippage = WAD * (limits.max_size + 2 * limits.max_open_interest) // (2 * scale)
        assert kept > shares + slippage
        assert limits.max_open_interest <= scale // 2
        assert limits.max_open_interest * market.feed.ceiling_price < 2**120 * WAD


def test_each_fall_comes_in_every_run() -> None:
    for seed in range(3):
        scenario = load_scenario(CRASH, [f"run.seed={seed}"])
        for market in scenario.markets:
            ticks = price_series(scenario, market).ticks
            assert (ticks[0].time, ticks[-1].time) == (START, START + 43_200)
            before = next(tick for tick in ticks if tick.time == START + 6 * 3_600)
            after = next(tick for tick in ticks if tick.time == START + 22_800)
            assert after.price * 100 < 80 * before.price


def test_markets_draw_their_own_prices_whatever_the_others_are(document) -> None:
    both = read_scenario(document, CRASH)
    bitcoin = price_series(both, both.markets[1])
    del document["market"]["ETH"]
    document["agents"] = []
    alone = read_scenario(document, CRASH)
    assert price_series(alone, alone.markets[0]) == bitcoin


def test_an_override_takes_the_place_of_a_key() -> None:
    scenario = load_scenario(
        CRASH,
        [
            "market.ETH.margin.im_base=0.06",
            "market.BTC.pricing.skew_scale = 5_000 BTC",
            "agents.0.count=20",
            'agents.0.leverage=["2", 3]',
            "agents.1.entry=10m",
            "keepers.liquidator=false",
            "run.question=Why?",
            "market.ETH.prices.shocks.0.move=-0.5",
        ],
    )
    assert scenario.markets[0].params.margin.im_base == 6 * WAD // 100
    assert scenario.markets[1].params.pricing.skew_scale == 5_000 * WAD
    assert scenario.agents[0].count == 20
    assert scenario.agents[0].leverage == Range(2 * WAD, 3 * WAD)
    assert scenario.agents[1].entry == Range(600, 600)
    assert not scenario.keepers.liquidator
    assert scenario.run.question == "Why?"
    assert scenario.document["market"]["ETH"]["margin"]["im_base"] == "0.06"


def test_an_override_may_begin_a_section_that_was_left_out(tmp_path) -> None:
    path = tmp_path / "short.toml"
    path.write_text(CRASH.read_text().partition("[keepers]")[0])
    assert load_scenario(path).keepers.every is None
    assert load_scenario(path, ["keepers.every=1m"]).keepers.every == 60


def test_an_override_may_begin_a_table_that_was_left_out() -> None:
    scenario = load_scenario(
        CRASH,
        [
            "protocol.portfolio.floor=0.1",
            "market.ETH.feed.expiry.expires_at=6h",
            "market.ETH.feed.expiry.samples=3",
            "market.ETH.feed.expiry.spacing=1m",
        ],
    )
    assert scenario.risk.portfolio.floor == WAD // 10
    expiry = scenario.markets[0].feed.expiry
    assert expiry.expires_at == START + 6 * 3_600
    assert (expiry.samples, expiry.spacing) == (3, 60)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("run.seed", "crash.toml: 'run.seed' is no override such as 'run.seed=7'"),
        ("=7", "crash.toml: '=7' is no override such as 'run.seed=7'"),
        ("runs.seed=7", "crash.toml: runs: unknown key; did you mean 'run'?"),
        ("market.ETC.x=1", "crash.toml: market.ETC: no such key; did you mean 'ETH'?"),
        ("agents.9.count=1", "agents.9: no such entry, agents has 9, counted from 0"),
        ("agents.x.count=1", "agents.x: no such entry, agents has 9"),
        ("agents.-1.count=1", "agents.-1: no such entry, agents has 9"),
        ("collateral.sUSD.haircut=0.1", "collateral.sUSD: no such key; allowed: none"),
        (
            "market.ETH.feed.expirey.samples=3",
            "market.ETH.feed.expirey: unknown key; did you mean 'expiry'?",
        ),
        (
            "market.ETH.feed.glitches.0.at=1h",
            "market.ETH.feed.glitches.0: no such entry, market.ETH.feed.glitches has "
            "0, counted from 0",
        ),
        ("market.ETH.feed.glitches.0=1", "no such entry, market.ETH.feed.glitches has"),
        ("run.seed.x=1", "run.seed.x: no such key, run.seed is the value 7"),
        (
            "run.sed=7",
            "crash.toml: run.sed: unknown key; did you mean 'seed'? allowed: ",
        ),
        (
            "market.ETH.margin.im_bas=1",
            "market.ETH.margin.im_bas: unknown key; did you",
        ),
        (
            "market.ETH.margins=1",
            "market.ETH.margins: unknown key; did you mean 'margin",
        ),
        ("market.ETH.prices.shocks.0.mov=1", "shocks.0.mov: unknown key; did you mean"),
        ("market.ETH.margin.im_base=5 %", "'5 %': ratios have one scale, write '0.05'"),
        (
            "market.ETH.limits.mode=paused",
            "'paused' is no mode; allowed: 'active' or 'reduce_only' or 'halted'",
        ),
        ("market.ETH.margin.shocks=0.1", "'0.1' is no list; allowed: a list of up to"),
        ("market.ETH.margin.shocks=[-1.0001]", "'-1.0001' is no shock; allowed: a lis"),
        ("market.ETH.margin.shocks=[3.2768]", "'3.2768' is no shock; allowed: a list"),
        ("market.ETH.margin.shocks=[0.00001]", "'0.00001' is no shock; allowed: a li"),
        (
            f"market.ETH.margin.shocks={[0] * 17}",
            "17 shocks are more than 16; allowed: a list of up to 16 ratios",
        ),
        ("market.ETH.margin.im_base=-0.1", "'-0.1' is out of range; allowed: a ratio"),
        ("market.ETH.margin.im_base=inf", "'inf' does not begin with a number"),
        ("market.ETH.margin.im_base=true", "True is no number; allowed: a ratio such"),
        (
            "market.ETH.limits.max_skew=5 BTC",
            "'5 BTC' is in 'BTC', not in 'ETH'; allow",
        ),
        ("market.ETH.limits.trade_age=60", "60 has no unit of time; allowed: a time"),
        ("market.ETH.limits.least_value=5 DAI", "'5 DAI' is in 'DAI', not in 'USDC'"),
        (
            "market.ETH.feed.quorum=3.5",
            "'3.5' is no whole number; allowed: a whole num",
        ),
        ("market.ETH.feed.quorum=4", "feed.quorum: 4 is above the number of reporters"),
        (
            "market.ETH.feed.reporters=8",
            "8 is out of range; allowed: a whole number fr",
        ),
        (
            "market.ETH.prices.source=csv",
            "prices.source: unknown 'csv'; allowed: jump-",
        ),
        ("market.ETH.prices=7", "market.ETH.prices: 7 is no table"),
        (
            "market.ETH.prices.shocks.0.at=2d",
            "shocks.0.at: '2d' is after the end of the",
        ),
        (
            "market.ETH.prices.shocks.0.move=-1",
            "-1 is out of range; allowed: a ratio above -1",
        ),
        (
            "market.ETH.prices.start_price=0",
            "0 is out of range; allowed: a price above",
        ),
        ("market.ETH.margin=3", "market.ETH.margin: 3 is no table"),
        ("market.ETH.prices.shocks=3", "market.ETH.prices.shocks: 3 is no list"),
        ("market.ETH.prices.shocks=[3]", "market.ETH.prices.shocks.0: 3 is no table"),
        ("market.ETH=1", "market.ETH: 1 is no table"),
        ("market={}", "market: is missing; allowed: one table or more, [market.ETH]"),
        ('market={"E H"={}}', "market.E H: is no name"),
        ("agents=3", "agents: is no list of tables: write [[agents]]"),
        ("agents.0.kind=lon", "agents.0.kind: unknown 'lon'; did you mean 'long'?"),
        (
            "agents.0.count=0",
            "agents.0.count: 0 is out of range; allowed: a whole number",
        ),
        ("agents.0.market=XTH", "agents.0.market: unknown market 'XTH'; did you mean"),
        ("agents.0.leverage=[3, 2]", "agents.0.leverage: [3, 2] begins above its end"),
        ("agents.0.leverage=[3]", "agents.0.leverage: [3] does not have two ends"),
        (
            "agents.0.capital=0",
            "agents.0.capital: 0 is out of range; allowed: an amount",
        ),
        (
            "agents.0.entry=13h",
            "agents.0.entry: '13h' is after the end of the run, '12h'",
        ),
        (
            "agents.0.leaves_at=1h",
            "agents.0.leaves_at: '1h' is before the last of them",
        ),
        (
            "agents.1.stop=1",
            "agents.1.stop: 1 is out of range; allowed: a ratio above 0",
        ),
        ("agents.1.side=up", "agents.1.side: unknown 'up'; allowed: 'long' or 'short'"),
        ("agents.6.fraction=1.1", "agents.6.fraction: '1.1' is out of range; allowed"),
        ("run.start=soon", "run.start: 'soon' is neither a time such as"),
        ("run.step=7s", "run.step: '7s' does not divide the duration, '12h'"),
        (
            "run.step=0s",
            "run.step: '0s' is out of range; allowed: a time span above zero",
        ),
        (
            "run.seed=-1",
            "run.seed: -1 is out of range; allowed: a whole number from 0 to",
        ),
        ("run.name=[]", "run.name: [] is no text"),
        ("keepers.every=45s", "keepers.every: '45s' is no multiple of the run's step"),
        ("keepers.liquidator=1", "keepers.liquidator: 1 is neither true nor false"),
        (
            "protocol.decimals=19",
            "protocol.decimals: 19 is out of range; allowed: a who",
        ),
        ("protocol.quote=DAI", "protocol.reserve: '5 USDC' is in 'USDC', not in 'DAI'"),
    ],
)
def test_a_fault_is_named_by_its_key(override, message) -> None:
    assert message in refused(override)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["run.duration=1000000d"],
            "crash.toml: run.duration: '1000000d' is 2,880,000,000 looks, one each "
            "30s; at most 1,000,000 (set by an override)",
        ),
        (["run.duration=30000030s"], "is 1,000,001 looks, one each 30s; at most"),
        (["run.duration=9999999999999999999999s"], "looks, one each 30s; at most"),
        (
            ["run.duration=1200000d", "run.step=2d", "keepers.every=2d"],
            "run.duration: '1200000d' ends the run after 5138-11-16T09:46:39Z, the "
            "last second that can be told",
        ),
    ],
)
def test_a_run_that_never_ends_is_refused(overrides, message) -> None:
    assert message in refused(*overrides)


def test_a_long_run_is_no_fault() -> None:
    assert load_scenario(CRASH, ["run.duration=30000000s"]).run.duration == 30_000_000
    # Until the last second that can be told.
    start, end = 10**11 - 1 - 43_200, 10**11 - 1
    assert load_scenario(CRASH, [f"run.start={start}"]).run.end == end
    assert "ends the run after" in refused(f"run.start={start + 1}")


def test_a_token_is_read_with_its_feed() -> None:
    scenario = load_scenario(DEPEG)
    (token,) = scenario.tokens
    assert (token.name, token.key) == ("sUSD", "collateral.sUSD")
    assert token.params.cap == 2_000_000 * WAD
    assert token.params.haircut == WAD // 20
    assert (token.params.decimals, token.scale) == (18, 1)
    assert token.reporters == token.feed.quorum == 3
    assert isinstance(token.prices, DrawnPrices)
    assert [each.name for each in scenario.priced] == ["ETH", "sUSD"]
    assert scenario.keepers.capital == 1_000_000 * WAD


def test_a_token_draws_other_prices_than_a_market_of_its_name(tmp_path) -> None:
    text = DEPEG.read_text().replace("sUSD", "ETH")
    path = tmp_path / "same.toml"
    path.write_text(text)
    drawn = "source=jump-diffusion", "start_price=5 USDC", "volatility=0.02"
    scenario = load_scenario(
        path,
        [
            f"{table}.prices.{each}"
            for table in ("market.ETH", "collateral.ETH")
            for each in (*drawn, "shocks=[]")
        ],
    )
    market, token = (price_series(scenario, each) for each in scenario.priced)
    assert market != token


MOST = "1329227995784915872.903807060280344575 USDC in all"
LENT = "1329227995784.91587290380706028 USDC in all"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            f"vault.deposit=1{'0' * 43}",
            f"vault.deposit: is more than the protocol can hold, {MOST}",
        ),
        (
            "vault.deposit=1_329_227_995_785",
            f"vault.deposit: is more than the vault has shares for, {LENT}",
        ),
        ("agents.6.capital=1_329_227_995_784", "agents.6.capital: is more than the va"),
        ("insurance.deposit=1_329_227_995_784_915_873", "insurance.deposit: is more"),
        ("keepers.capital=1_329_227_995_784_915_873", "keepers.capital: is more than"),
        (f"agents.0.capital=1{'0' * 40}", "agents.0.capital: is more than the protoco"),
        (
            "agents.0.capital=['1', '50_000_000_000_000_000']",
            "agents.0.capital: is more",
        ),
    ],
)
def test_what_the_protocol_cannot_hold_is_refused(override, message) -> None:
    """Together with all else that is brought."""
    assert message in refused(override)


def test_what_the_protocol_can_hold_is_not_refused() -> None:
    fund = "insurance.deposit=1_329_000_000_000_000_000"
    scenario = load_scenario(CRASH, ["vault.deposit=1_329_226_000_000", fund])
    assert scenario.vault == 1_329_226_000_000 * WAD


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "collateral.sUSD.haircutt=1",
            "depeg.toml: collateral.sUSD.haircutt: unknown key; did you mean 'haircut'",
        ),
        ("collateral.sUSD.token=1", "collateral.sUSD.token: unknown key; allowed: dec"),
        (
            "collateral.sUSD.cap=5 ETH",
            "collateral.sUSD.cap: '5 ETH' is in 'ETH', not in 'sUSD'",
        ),
        ("collateral.sUSD.decimals=19", "19 is out of range; allowed: a whole number"),
        ("collateral.sUSD.feed.quorum=4", "collateral.sUSD.feed.quorum: 4 is above"),
        ("collateral.sUSD.prices.source=x", "collateral.sUSD.prices.source: unknown"),
        (
            "collateral.sUSD.prices.shocks.0.at=2d",
            "collateral.sUSD.prices.shocks.0.at: '2d' is after the end of the run",
        ),
        ("collateral.sUSD=3", "collateral.sUSD: 3 is no table"),
        ("collateral=3", "collateral: 3 is no table"),
        ('collateral={"s U"={}}', "collateral.s U: is no name"),
        ("collateral={a={},b={},c={},d={},e={}}", "has 5 tokens; at most 4"),
        ("agents.0.reaction=5m", "agents.0.reaction: there are no savings to bring"),
        ("agents.0.order_fee=1", "agents.0.order_fee: there are no savings to bring"),
        ("agents.0.backed_by=sUSDC", "unknown token 'sUSDC'; did you mean 'sUSD'?"),
        ("keepers.capital=0 USDC", "keepers.capital: is missing: a buyer pays with"),
    ],
)
def test_a_fault_of_a_token_is_named_by_its_key(override, message) -> None:
    assert message in refused(override, path=DEPEG)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "market.ETH.feed.glitches.0.mov=1",
            "market.ETH.feed.glitches.0.mov: unknown key; did you mean 'move'?",
        ),
        (
            "market.ETH.feed.glitches.0.at=9h",
            "market.ETH.feed.glitches.0.at: '9h' is after the end of the run, '6h'",
        ),
        ("market.ETH.feed.glitches.0.move=-1", "-1 is out of range; allowed: a ratio"),
        ("market.ETH.feed.glitches.0.lasts=0s", "'0s' is out of range; allowed: a ti"),
        ("market.ETH.feed.glitches=7", "market.ETH.feed.glitches: 7 is no list"),
        ("agents.3.target=0", "agents.3.target: 0 is out of range; allowed: a ratio"),
        ("agents.3.side=up", "agents.3.side: unknown 'up'; allowed: 'long' or 'sho"),
    ],
)
def test_a_fault_of_a_glitch_is_named_by_its_key(override, message) -> None:
    assert message in refused(override, path=GLITCH)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "protocol.order.delay=-5s",
            "orders.toml: protocol.order.delay: '-5s' is not a time span such as '30s'",
        ),
        (
            "protocol.order.delay=5",
            "protocol.order.delay: 5 has no unit of time; allow",
        ),
        (
            "protocol.order.least_fee=-1",
            "-1 is out of range; allowed: such as '1_000",
        ),
        ("agents.0.foresight=0s", "agents.0.foresight: '0s' is out of range; allowed"),
        (
            "agents.0.foresight=9s",
            "agents.0.foresight: '9s' is before the next price, after '10s'",
        ),
        ("agents.0.side=long", "agents.0.side: unknown key"),
        ("agents.1.foresight=30s", "agents.1.foresight: unknown key"),
    ],
)
def test_a_fault_of_waiting_is_named_by_its_key(override, message) -> None:
    assert message in refused(override, path=ORDERS)


def test_orders_that_nobody_settles_are_refused() -> None:
    load_scenario(ORDERS, ["keepers.filler=false"])
    said = refused("keepers.filler=false", "protocol.order.delay=10s", path=ORDERS)
    assert said == (
        "orders.toml: keepers.filler: false settles no order, and every trade waits "
        "'10s' (set by an override)"
    )


def test_what_is_said_is_the_price_but_for_its_glitches() -> None:
    scenario = load_scenario(GLITCH)
    (market,) = scenario.markets
    price, said = (each(scenario, market).ticks for each in (price_series, told_series))
    differ = [
        (one.time, one.price * 6 // 10 - other.price)
        for one, other in zip(price, said, strict=True)
        if one != other
    ]
    assert [(time - START, abs(off) <= 1) for time, off in differ] == [(14_400, True)]


def test_only_who_trades_is_backed_by_a_token() -> None:
    assert "agents.6.backed_by: unknown key" in refused("agents.6.backed_by=sUSD")


def test_a_value_that_an_override_set_says_so() -> None:
    assert refused("run.seed=-1").endswith("(set by an override)")


def test_every_fault_is_found_in_one_pass(document) -> None:
    del document["run"]["seed"]
    del document["market"]["BTC"]["margin"]["im_base"]
    del document["market"]["ETH"]["fee"]
    del document["market"]["BTC"]["prices"]
    del document["agents"][0]["kind"]
    document["vaults"] = document.pop("vault")
    assert problems_of(document) == [
        "some.toml: vaults: unknown key; did you mean 'vault'? allowed: run, protocol, "
        "vault, insurance, market, collateral, prices, agents, keepers, "
        "variant",
        "some.toml: run.seed: is missing; allowed: a whole number from 0 to "
        "9223372036854775807",
        "some.toml: vault.deposit: is missing; allowed: such as '1_000 USDC' or "
        "'1_000', not negative",
        "some.toml: market.ETH.fee: is missing",
        "some.toml: market.BTC.margin.im_base: is missing; allowed: a ratio such as "
        "'0.05', not negative",
        "some.toml: market.BTC.prices.source: is missing; allowed: jump-diffusion, "
        "file",
        "some.toml: agents.0.kind: is missing; allowed: long, short, stop-loss, "
        "take-profit, careless, hedge, informed, provider",
    ]


def test_markets_without_prices_share_those_of_the_scenario(document) -> None:
    for market in document["market"].values():
        document["prices"] = market.pop("prices")
    first, second = read_scenario(document, CRASH).markets
    assert first.prices == second.prices
    document["prices"]["volatility"] = "x"
    document["prices"]["shocks"][0]["mov"] = 1
    assert len(problems_of(document)) == 2


def test_shared_prices_that_no_market_uses_are_refused(document) -> None:
    document["prices"] = document["market"]["ETH"]["prices"]
    assert problems_of(document) == [
        "some.toml: prices: is used by no market: each has prices of its own"
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[run]\nseed = \n", 2, "Invalid value, column 8"),
        ("[run]\nseed = 1\nseed = 2\n", 3, "Cannot overwrite a value, column 9"),
        ('[run]\nname = "x', 2, "Unterminated string"),
    ],
)
def test_what_is_no_toml_is_refused_with_its_line(
    tmp_path, text, line, message
) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as refusal:
        load_scenario(path)
    assert str(refusal.value) == f"{path}:{line}: {message}"


def test_a_file_that_cannot_be_read_is_refused(tmp_path) -> None:
    with pytest.raises(ScenarioError, match=r"nothing\.toml: cannot be read: No such"):
        load_scenario(tmp_path / "nothing.toml")
    (tmp_path / "odd.toml").write_bytes(b"\xff")
    with pytest.raises(ScenarioError, match=r"odd\.toml: is not UTF-8"):
        load_scenario(tmp_path / "odd.toml")


@pytest.fixture
def with_file(document, tmp_path):
    """A run of a minute from 1,000 on whose prices are those of a file."""

    def load(rows: str):
        (tmp_path / "prices.csv").write_text(f"time,price\n{rows}")
        document["run"] |= {"start": 1_000, "duration": "1m", "step": "30s"}
        document["agents"] = []
        for market in document["market"].values():
            market["prices"] = {"source": "file", "path": "prices.csv"}
        scenario = read_scenario(document, tmp_path / "scenario.toml")
        return price_series(scenario, scenario.markets[0])

    return load


def test_prices_come_from_a_file_beside_the_scenario(with_file) -> None:
    series = with_file("980,5\n1010,6\n1040,7\n1070,8\n")
    assert series.ticks == (
        Tick(1_000, 5 * WAD),
        Tick(1_010, 6 * WAD),
        Tick(1_040, 7 * WAD),
    )


def test_a_gap_in_the_file_is_a_gap_of_the_run(with_file) -> None:
    rows = "".join(f"{time},5\n" for time in (*range(980, 1_021, 2), 1_090))
    assert with_file(rows).gaps == (Gap(1_020, 1_060),)


def test_a_file_that_does_not_span_the_run_is_refused(with_file) -> None:
    with pytest.raises(InputError, match=r"prices\.csv: has prices from 1970-01-01T00"):
        with_file("980,5\n1010,6\n1040,7\n")
    with pytest.raises(InputError, match=r"the run lasts from 1970-01-01T00:16:40Z to"):
        with_file("1001,5\n1070,8\n")


def test_a_run_does_not_start_in_a_gap(with_file) -> None:
    rows = "".join(f"{time},5\n" for time in (*range(900, 960, 2), 1_050, 1_060))
    with pytest.raises(InputError, match=r"has a gap .*, in which the run would start"):
        with_file(rows)


def test_a_drawn_path_without_an_end_names_its_market() -> None:
    scenario = load_scenario(CRASH, ["market.ETH.prices.drift=-100_000 / day"])
    with pytest.raises(ScenarioError, match=r"market\.ETH\.prices: the drawn price"):
        price_series(scenario, scenario.markets[0])


def test_a_law_that_refuses_parameters_is_told_with_their_values() -> None:
    scenario = load_scenario(CRASH)
    error = explain_refusal(scenario, "market.ETH", errors.OPEN_INTEREST_ABOVE_SCALE)
    assert str(error) == (
        f"{CRASH}: market.ETH: refused with OpenInterestAboveScale, the law is "
        "max_open_interest <= skew_scale / 2; given: limits.max_open_interest = "
        "'850 ETH', pricing.skew_scale = '100_000 ETH'"
    )


def test_any_other_refusal_is_told_by_its_name() -> None:
    scenario = load_scenario(CRASH)
    error = explain_refusal(scenario, "market.ETH", errors.SKEW_SCALE_TOO_SMALL)
    assert error.problems[0].message == (
        "refused with SkewScaleTooSmall by a law of the protocol"
    )


@pytest.mark.parametrize(
    ("override", "key", "said"),
    [
        ("market.ETH.fee.taker=1.5", "market.ETH.fee.taker", "0 <= taker <= 1;"),
        (
            "market.ETH.liquidation.keeper_share=1.5",
            "market.ETH.liquidation.keeper_share",
            "0 <= keeper_share <= 1; given: liquidation.keeper_share = '1.5'",
        ),
        (
            "market.BTC.limits.max_skew=500 BTC",
            "market.BTC.limits.max_skew",
            "0 <= max_skew <= 24; given: limits.max_skew = '500 BTC'",
        ),
        (
            "market.BTC.limits.trade_age=0s",
            "market.BTC.limits.trade_age",
            "0s < trade_age <= 4294967295s",
        ),
        (
            "protocol.vault.window=0s",
            "protocol.vault.window",
            "0s < window <= 4294967295s",
        ),
        (
            "protocol.vault.quarantine=31d",
            "protocol.vault.quarantine",
            "quarantine <= 30d; given: vault.quarantine = '31d'",
        ),
        ("market.BTC.feed.band=0.7", "market.BTC.feed.band", "2 * band <= 1; given"),
        (
            "market.ETH.pricing.skew_scale=0",
            "market.ETH.pricing.skew_scale",
            "<= skew_scale <= ",
        ),
        (
            "protocol.rewards.flat=6 USDC",
            "protocol.rewards.flat",
            "0 <= flat <= 5; given: rewards.flat = '6 USDC'",
        ),
        (
            "protocol.order.delay=31d",
            "protocol.order.delay",
            "delay <= 30d; given: order.delay = '31d'",
        ),
        ("market.ETH.feed.quorum=2", "market.ETH", "refused with BadQuorum, the law"),
        (
            "market.ETH.margin.im_base=0.005",
            "market.ETH",
            "refused with ClosingCostsTooMuch, the law is im_base *",
        ),
        (
            "market.ETH.margin.shocks=[-0.05, 0.04]",
            "market.ETH.margin.im_base",
            "refused with ShocksTooSmall, the law is of the shocks of a market one",
        ),
        (
            "protocol.margin_call.ratio=2",
            "market.ETH.margin.maintenance_fraction",
            "the law is maintenance_fraction * protocol.margin_call.ratio <= 1; given",
        ),
    ],
)
def test_a_law_is_told_with_its_bounds(override, key, said) -> None:
    with pytest.raises(ScenarioError) as refusal:
        check_laws(load_scenario(CRASH, [override]))
    problem = refusal.value.problems[0]
    assert problem.key == key
    assert said in problem.message


@pytest.mark.parametrize(
    ("overrides", "key", "said"),
    [
        (
            ["collateral.sUSD.discount=0.06"],
            "collateral.sUSD.discount",
            "0 <= discount <= 0.05; given: discount = '0.06'",
        ),
        (
            ["collateral.sUSD.haircut_slope=0.6"],
            "collateral.sUSD.haircut_slope",
            "2 * haircut_slope <= 0.95",
        ),
        (
            [
                "collateral.sUSD.cap=10_000_000_000",
                "collateral.sUSD.feed.ceiling_price=1_000_000_000",
            ],
            "collateral.sUSD",
            "CollateralAboveValue, the law is cap * ceiling_price < 2**120 wads; given",
        ),
    ],
)
def test_a_law_of_tokens_is_told_with_its_bounds(overrides, key, said) -> None:
    with pytest.raises(ScenarioError) as refusal:
        check_laws(load_scenario(DEPEG, overrides))
    problem = refusal.value.problems[0]
    assert problem.key == key
    assert said in problem.message


@pytest.mark.parametrize("law", LAWS.values())
def test_a_law_is_about_keys_that_there_are(law) -> None:
    document = load_scenario(DEPEG).document
    tables = (
        document["market"]["ETH"],
        document["protocol"],
        document["collateral"]["sUSD"],
    )
    known = {name for table in tables for name, _ in leaves(table, "")}
    assert set(law.keys) <= known


@pytest.mark.parametrize(("given", "mode"), [(None, 0), ("reduce_only", 1)])
def test_a_market_is_active_unless_it_says_more(given, mode) -> None:
    overrides = [] if given is None else [f"market.ETH.limits.mode={given}"]
    ether, *_ = load_scenario(CRASH, overrides).markets
    assert ether.params.limits.mode == mode


def test_a_hedge_names_two_markets() -> None:
    said = refused("agents.0.against=XTH", path=HEDGE)
    assert "agents.0.against: unknown market 'XTH'; did you mean 'ETH'?" in said


def test_shocks_are_written_as_ratios() -> None:
    override = "market.ETH.margin.shocks=['-0.12', 0.12, '-1', 3.2767]"
    ether, bitcoin, *_ = load_scenario(CRASH, [override]).markets
    word = packed_shocks([-1_200, 1_200, -10_000, 32_767])
    assert (ether.params.margin.shocks, bitcoin.params.margin.shocks) == (word, 0)


@pytest.mark.parametrize("struct", [MarketParams, RiskParams, FeedParams])
def test_every_parameter_of_the_protocol_has_a_key(struct) -> None:
    assert tuple(section_of(struct, Section).model_fields) == struct.__struct_fields__


def test_every_parameter_of_a_token_has_a_key_but_its_address() -> None:
    keys = set(section_of(CollateralParams, CollateralKeys).model_fields)
    assert keys == set(CollateralParams.__struct_fields__) - {"token"}
