"""
Faults in the shares of the vault, and in what becomes of requests for them.
"""

from __future__ import annotations

from tests.laws.faults import Edit, Mutant, each

VAULT_MUTANTS = (
    each(
        "shares are rounded up",
        "E12",
        "share",
        (
            "mul_div_down(\n        amount, supply + VIRTUAL_SHARES, "
            "max(nav_high, Quote(0)) + Quote(1)\n    )",
            "mul_div_down(\n        amount, supply + VIRTUAL_SHARES, "
            "max(nav_high, Quote(0)) + Quote(1)\n    ) + 1",
        ),
        (
            "amount, supply + VIRTUAL_SHARES, max(nav_high, 0) + 1\n    )",
            "amount, supply + VIRTUAL_SHARES, max(nav_high, 0) + 1\n    ) + 1",
        ),
    ),
    each(
        "there are no virtual shares",
        "E13",
        "share",
        ("amount, supply + VIRTUAL_SHARES,", "amount, supply,"),
        ("amount, supply + VIRTUAL_SHARES,", "amount, supply,"),
    ),
    each(
        "nobody notes when the vault bore a bad debt",
        "A14",
        "settlement",
        ("insurance.record_bad_debt(state, now)", "pass"),
        ("insurance.record_bad_debt(now)", "pass"),
    ),
    *(
        Mutant(
            f"who enters pays the lower value, who leaves is paid the higher: {law}",
            law,
            "vault",
            "Vault",
            (
                Edit(
                    "share.shares_for(amount, supply, nav.high)",
                    "share.shares_for(amount, supply, nav.low)",
                ),
                Edit(
                    "atoms_for(state, Shares(pending.amount), nav.low)",
                    "atoms_for(state, Shares(pending.amount), nav.high)",
                ),
            ),
            (
                Edit(
                    "share.shares_for(amount * SCALE, supply, nav.high)",
                    "share.shares_for(amount * SCALE, supply, nav.low)",
                ),
                Edit(
                    "self.atoms_for(amount, nav.low)",
                    "self.atoms_for(amount, nav.high)",
                ),
            ),
        )
        for law in ("E1", "E3", "E12")
    ),
    Mutant(
        "what a redemption gives is rounded up",
        "E3",
        "vault",
        "Vault",
        (
            Edit(
                "return int(div_down(value, state.scale))",
                "return int(div_down(value, state.scale)) + 1",
            ),
        ),
        (
            Edit(
                "convert(fixed_point.div_down(value, SCALE), uint256)",
                "convert(fixed_point.div_down(value, SCALE) + 1, uint256)",
            ),
        ),
    ),
    each(
        "what was executed waits on",
        "E11",
        "request",
        ("state.requests[request_id] = NO_REQUEST", "pass"),
        ("self.requests[request_id] = empty(uint256[2])", "pass"),
    ),
    Mutant(
        "a deposit is let in and waits on",
        "E11",
        "exchange",
        "Exchange",
        (
            Edit(
                "ledger.add_escrow(state, -amount)\n"
                "    ledger.add_funds(state, amount, NOTHING, NOTHING, NOTHING)",
                "ledger.add_funds(state, NOTHING, NOTHING, NOTHING, NOTHING)",
            ),
        ),
        (
            Edit(
                "ledger.add_escrow(0 - amount)\n    ledger.add_funds(amount, 0, 0, 0)",
                "ledger.add_funds(0, 0, 0, 0)",
            ),
        ),
    ),
    Mutant(
        "a request is executed before its delay",
        "E14",
        "vault",
        "Vault",
        (
            Edit(
                "nav.priced_at > request.waits_until(pending, params)",
                "now > request.waits_until(pending, params)",
            ),
        ),
        (
            Edit(
                "nav.priced_at > request.waits_until(pending, params)",
                "block.timestamp > request.waits_until(pending, params)",
            ),
        ),
    ),
    Mutant(
        "a request is executed at once",
        "E14",
        "vault",
        "Vault",
        (
            Edit(
                "nav.priced_at > request.waits_until(pending, params)",
                "nav.priced_at >= request.waits_until(pending, params)",
            ),
        ),
        (
            Edit(
                "nav.priced_at > request.waits_until(pending, params)",
                "nav.priced_at >= request.waits_until(pending, params)",
            ),
        ),
    ),
    Mutant(
        "bad debt keeps nobody in",
        "E15",
        "vault",
        "Vault",
        (
            Edit(
                "return now < books.bad_debt_at + quarantine",
                "return now < quarantine",
            ),
        ),
        (
            Edit(
                "return block.timestamp < books.bad_debt_at + quarantine",
                "return block.timestamp < quarantine",
            ),
        ),
    ),
    Mutant(
        "who leaves may take the reserve",
        "E15",
        "vault",
        "Vault",
        (Edit("left >= nav.reserved", "nav.low >= nav.reserved"),),
        (Edit("left >= nav.reserved", "nav.low >= nav.reserved"),),
    ),
    Mutant(
        "the last second of a window is too late",
        "E16",
        "vault",
        "Vault",
        (
            Edit(
                "now <= request.closes_at(pending, params)",
                "now < request.closes_at(pending, params)",
            ),
        ),
        (
            Edit(
                "block.timestamp <= request.closes_at(pending, params)",
                "block.timestamp < request.closes_at(pending, params)",
            ),
        ),
    ),
    each(
        "a vault sells shares for next to nothing",
        "E17",
        "share",
        (
            "return mul_div_down(nav_high, MOST_SHARES, Quote(1)) >= supply",
            "return supply >= 0",
        ),
        ("return nav_high * MOST_SHARES >= supply", "return supply >= 0"),
    ),
    Mutant(
        "no minimum is kept",
        "E18",
        "vault",
        "Vault",
        (Edit("if given < pending.minimum:", "if given == 0:"),),
        (Edit("if given < pending.minimum:", "if given == 0:"),),
    ),
    Mutant(
        "the vault forgets its reserve when asked how much may leave",
        "B7",
        "vault",
        "Vault",
        (
            Edit(
                "spare = min(nav.low - nav.reserved, "
                "books.funds.vault - books.holdings.debt)",
                "spare = min(nav.low, books.funds.vault - books.holdings.debt)",
            ),
        ),
        (
            Edit(
                "min(nav.low - nav.reserved, books.funds.vault - books.holdings.debt)",
                "min(nav.low, books.funds.vault - books.holdings.debt)",
            ),
        ),
    ),
    Mutant(
        "shares are converted at the lower value",
        "E9",
        "vault",
        "Vault",
        (
            Edit(
                "high = nav_of(state, exchange.books(state, call), False, call.now)"
                ".high\n    return share.shares_for(amount, state.supply[()], high)",
                "high = nav_of(state, exchange.books(state, call), False, call.now)"
                ".low\n    return share.shares_for(amount, state.supply[()], high)",
            ),
        ),
        (
            Edit(
                "fixed_point.require_fits(amount, 120)\n"
                "    books: market.Books = staticcall Exchange(EXCHANGE).books()\n"
                "    high: int256 = self.nav_of(books, False).high",
                "fixed_point.require_fits(amount, 120)\n"
                "    books: market.Books = staticcall Exchange(EXCHANGE).books()\n"
                "    high: int256 = self.nav_of(books, False).low",
            ),
        ),
    ),
    Mutant(
        "how much may leave is refused without a price",
        "E10",
        "vault",
        "Vault",
        (
            Edit(
                "nav = nav_of(state, books, False, now)\n"
                "    if nav.is_shut or is_quarantined",
                "nav = nav_of(state, books, True, now)\n"
                "    if nav.is_shut or is_quarantined",
            ),
        ),
        (
            Edit(
                "nav: share.Nav = self.nav_of(books, False)\n"
                "    if nav.is_shut or self.is_quarantined",
                "nav: share.Nav = self.nav_of(books, True)\n"
                "    if nav.is_shut or self.is_quarantined",
            ),
        ),
    ),
    Mutant(
        "the vault lets in and out while a market owes more than it pays",
        "E19",
        "vault",
        "Vault",
        (Edit("require(not nav.is_shut, ", "require(True, "),),
        (Edit("require(not nav.is_shut, ", "require(True, "),),
    ),
    Mutant(
        "a shut vault says that it may be entered",
        "B7",
        "vault",
        "Vault",
        (
            Edit(
                "nav.is_shut\n        or not nav.is_priced",
                "not nav.is_priced",
            ),
        ),
        (
            Edit(
                "nav.is_shut or not nav.is_priced",
                "not nav.is_priced",
            ),
        ),
    ),
    Mutant(
        "anybody may execute a redemption while a price is not valid",
        "E14",
        "vault",
        "Vault",
        (
            Edit(
                "pending.is_deposit or call.sender != controller",
                "pending.is_deposit",
            ),
        ),
        (
            Edit(
                "pending.is_deposit or msg.sender != controller",
                "pending.is_deposit",
            ),
        ),
    ),
    Mutant(
        "whoever asks may redeem another's shares",
        "G8",
        "vault",
        "Vault",
        (
            Edit(
                "share.use_allowance(state, owner, call.sender, shares)\n"
                "    return ask_redeem",
                "pass\n    return ask_redeem",
            ),
        ),
        (
            Edit(
                "share.use_allowance(owner, msg.sender, shares)\n"
                "    return self.ask_redeem",
                "pass\n    return self.ask_redeem",
            ),
        ),
    ),
    each(
        "an allowance to take shares does not run out",
        "G8",
        "share",
        (
            "state.share_allowances[owner, spender] = allowed - shares",
            "state.share_allowances[owner, spender] = allowed",
        ),
        (
            "self.share_allowances[owner][spender] = allowed - shares",
            "self.share_allowances[owner][spender] = allowed",
        ),
    ),
)
