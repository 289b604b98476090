"""
What lenders have brought, and the lines that they grant. A line lets an account open
more than its own equity would, for interest on the part that it needs, and pays what
the account cannot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from protocol import account, errors
from protocol.errors import require
from protocol.fixed_point import WAD, clamp, mul_div_down, mul_div_up, require_fits
from protocol.units import Address, FineRate, Holder, Quote, Rate, Seconds
from protocol.word import unsigned

if TYPE_CHECKING:
    from protocol.state import State

LEAST_NOTICE = Seconds(3_600)
MOST_NOTICE = Seconds(30 * 86_400)
# A day.
MOST_RATE = Rate(10**17)
RATE_TIMES_DAY = FineRate(86_400 * WAD)


class CreditLine(Struct, frozen=True):
    lender: Address
    limit: Quote
    rate: Rate
    notice: Seconds
    used: Quote
    owed: Quote
    # Up to when the interest is owed and the limit has fallen.
    accrued_at: Seconds
    # When a recall leaves nothing of the limit; zero is never.
    ends_at: Seconds


NO_CREDIT = CreditLine(
    lender=0,
    limit=Quote(0),
    rate=Rate(0),
    notice=Seconds(0),
    used=Quote(0),
    owed=Quote(0),
    accrued_at=Seconds(0),
    ends_at=Seconds(0),
)


class Lender(Struct, frozen=True):
    money: Quote
    # What its lines hold.
    held: Quote


class LineAsked(Struct, frozen=True):
    holder: Holder
    lender: Address
    rate: Rate
    notice: Seconds


class LineGranted(Struct, frozen=True):
    holder: Holder
    lender: Address
    limit: Quote


class LineRecalled(Struct, frozen=True):
    holder: Holder
    lender: Address
    limit: Quote
    ends_at: Seconds


class LineUsed(Struct, frozen=True):
    holder: Holder
    used: Quote
    owed: Quote


class LineSettled(Struct, frozen=True):
    holder: Holder
    lender: Address
    paid: Quote
    owed: Quote
    limit: Quote


class LineDrawn(Struct, frozen=True):
    holder: Holder
    lender: Address
    amount: Quote
    limit: Quote


def packed_line(line: CreditLine) -> tuple[int, int, int]:
    """The words of a line."""
    return (
        line.lender | (int(line.rate) << 160) | (int(line.notice) << 224),
        int(line.limit) | (int(line.used) << 128),
        int(line.owed) | (int(line.accrued_at) << 136) | (int(line.ends_at) << 176),
    )


def unpacked_line(packed: tuple[int, int, int]) -> CreditLine:
    """The line that `packed_line` packed."""
    return CreditLine(
        lender=unsigned(packed[0], 0, 160),
        limit=Quote(unsigned(packed[1], 0, 128)),
        rate=Rate(unsigned(packed[0], 160, 64)),
        notice=Seconds(packed[0] >> 224),
        used=Quote(packed[1] >> 128),
        owed=Quote(unsigned(packed[2], 0, 136)),
        accrued_at=Seconds(unsigned(packed[2], 136, 40)),
        ends_at=Seconds(packed[2] >> 176),
    )


def packed_lender(lender: Lender) -> int:
    """The word of a lender."""
    return int(lender.money) | (int(lender.held) << 128)


def unpacked_lender(packed: int) -> Lender:
    """The lender that `packed_lender` packed."""
    return Lender(
        money=Quote(unsigned(packed, 0, 128)),
        held=Quote(packed >> 128),
    )


def line_at(line: CreditLine, now: Seconds) -> CreditLine:
    """
    A line as it stands at `now`: it owes the interest on what was used of it, and after
    a recall its limit has fallen evenly, to nothing in the end.
    """
    limit, used, owed = line.limit, line.used, line.owed
    until = now
    if line.ends_at != Seconds(0):
        until = min(now, line.ends_at)
    elapsed = until - line.accrued_at
    if elapsed > 0:
        owed += mul_div_up(used, line.rate * elapsed, RATE_TIMES_DAY)
        if line.ends_at != Seconds(0):
            limit = mul_div_down(
                limit,
                line.ends_at - until,
                line.ends_at - line.accrued_at,
            )
            used = min(used, limit)
    return replace(line, limit=limit, used=used, owed=owed, accrued_at=now)


def load_line(state: State, holder: Holder) -> CreditLine:
    """The line of an account, as it was left."""
    return state.lines[holder]


def store_line(state: State, holder: Holder, line: CreditLine) -> None:
    """Keep the line of an account."""
    state.lines[holder] = line


def load_lender(state: State, lender: Address) -> Lender:
    """What a lender has, and what of it its lines hold."""
    return state.lenders[lender]


def add_to_lender(state: State, lender: Address, money: Quote, held: Quote) -> Lender:
    """Change what a lender has and what its lines hold, and give both."""
    has = load_lender(state, lender)
    after = Lender(has.money + money, has.held + held)
    state.lenders[lender] = after
    return after


def take_free(state: State, lender: Address, amount: Quote) -> Quote:
    """Take from a lender what no line holds, and give what is left."""
    has = load_lender(state, lender)
    require(amount <= has.money - has.held, errors.HELD_BY_LINES)
    return add_to_lender(state, lender, -amount, Quote(0)).money


def is_settled(state: State, holder: Holder) -> bool:
    """Whether an account uses nothing of its line and owes nothing for it."""
    line = load_line(state, holder)
    return line.used == Quote(0) and line.owed == Quote(0)


def free_fallen(state: State, holder: Holder, now: Seconds) -> CreditLine:
    """
    The line of an account as it stands now; what has fallen of it, its lender has back.
    """
    before = load_line(state, holder)
    line = line_at(before, now)
    if line.limit != before.limit:
        add_to_lender(state, line.lender, Quote(0), line.limit - before.limit)
    return line


def use_line(state: State, holder: Holder, needed: Quote, now: Seconds) -> Quote:
    """
    Let an account use what it needs of its line; give what the line is worth to it,
    less what it owes for it.
    """
    line = free_fallen(state, holder, now)
    line = replace(line, used=clamp(needed, Quote(0), line.limit))
    store_line(state, holder, line)
    state.log(LineUsed(holder=holder, used=line.used, owed=line.owed))
    return line.limit - line.owed


def ask_line(
    state: State,
    holder: Holder,
    lender: Address,
    rate: Rate,
    notice: Seconds,
    now: Seconds,
) -> None:
    """
    Name who may grant an account a line, at which rate a day and notice; the line that
    it has ends.
    """
    require(rate >= 0 and rate <= MOST_RATE, errors.OUT_OF_BOUNDS)
    require(notice >= LEAST_NOTICE and notice <= MOST_NOTICE, errors.OUT_OF_BOUNDS)
    line = free_fallen(state, holder, now)
    require(line.used == Quote(0) and line.owed == Quote(0), errors.LINE_IN_USE)
    if line.limit != Quote(0):
        add_to_lender(state, line.lender, Quote(0), -line.limit)
    store_line(
        state,
        holder,
        CreditLine(
            lender=lender,
            limit=Quote(0),
            rate=rate,
            notice=notice,
            used=Quote(0),
            owed=Quote(0),
            accrued_at=now,
            ends_at=Seconds(0),
        ),
    )
    account.set_has_line(state, holder, False)
    state.log(LineAsked(holder=holder, lender=lender, rate=rate, notice=notice))


def grant_line(
    state: State,
    holder: Holder,
    limit: Quote,
    rate: Rate,
    notice: Seconds,
    lender: Address,
    now: Seconds,
) -> None:
    """
    Grant an account the line that it has asked for, or a higher one, out of what the
    lender has.
    """
    require_fits(limit, 120)
    line = free_fallen(state, holder, now)
    require(line.lender == lender, errors.NOT_LENDER)
    require(line.rate == rate and line.notice == notice, errors.OTHER_TERMS)
    require(limit > line.limit, errors.LINE_TOO_SMALL)
    has = add_to_lender(state, lender, Quote(0), limit - line.limit)
    require(has.held <= has.money, errors.TOO_LITTLE_LENT)
    store_line(state, holder, replace(line, limit=limit, ends_at=Seconds(0)))
    account.set_has_line(state, holder, True)
    state.log(LineGranted(holder=holder, lender=lender, limit=limit))


def recall_line(state: State, holder: Holder, lender: Address, now: Seconds) -> None:
    """Let a line fall evenly to nothing over its notice."""
    line = free_fallen(state, holder, now)
    require(line.lender == lender, errors.NOT_LENDER)
    require(line.limit != Quote(0), errors.LINE_UNKNOWN)
    require(line.ends_at == Seconds(0), errors.ALREADY_RECALLED)
    ends_at = now + line.notice
    store_line(state, holder, replace(line, ends_at=ends_at))
    state.log(
        LineRecalled(holder=holder, lender=lender, limit=line.limit, ends_at=ends_at)
    )


def settle_line(
    state: State, holder: Holder, needed: Quote, spare: Quote, now: Seconds
) -> Quote:
    """
    Pay the lender of an account what it is owed, as far as the account can spare it,
    and keep what it needs of its line from now on; give what was paid.
    """
    line = free_fallen(state, holder, now)
    current = account.load_account(state, holder)
    # Interest makes no debt: it is paid out of cash that is there.
    paid = clamp(min(spare, current.cash), Quote(0), line.owed)
    line = replace(
        line,
        owed=line.owed - paid,
        used=clamp(needed, Quote(0), line.limit),
    )
    has_line = line.limit != Quote(0) or line.owed != Quote(0)
    store_line(state, holder, line)
    current = replace(current, cash=current.cash - paid, has_line=has_line)
    account.store_account(state, holder, current)
    add_to_lender(state, line.lender, paid, Quote(0))
    state.log(
        LineSettled(
            holder=holder,
            lender=line.lender,
            paid=paid,
            owed=line.owed,
            limit=line.limit,
        )
    )
    return paid


def draw_line(state: State, holder: Holder, amount: Quote, now: Seconds) -> Quote:
    """
    Take up to `amount` from the line of an account for what it cannot pay, and give it;
    the account owes its lender that much more.
    """
    line = free_fallen(state, holder, now)
    drawn = min(amount, line.limit)
    limit = line.limit - drawn
    line = replace(
        line, limit=limit, used=min(line.used, limit), owed=line.owed + drawn
    )
    store_line(state, holder, line)
    if drawn != Quote(0):
        add_to_lender(state, line.lender, -drawn, -drawn)
        state.log(
            LineDrawn(holder=holder, lender=line.lender, amount=drawn, limit=limit)
        )
    return drawn
