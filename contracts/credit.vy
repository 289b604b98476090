# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Credit
@notice What lenders have brought, and the lines that they grant. A line lets an account
        open more than its own equity would, for interest on the part that it needs, and
        pays what the account cannot.
"""

from . import account
from . import errors
from . import fixed_point

uses: account

LEAST_NOTICE: constant(uint256) = 3_600
MOST_NOTICE: constant(uint256) = 30 * 86_400
# A day.
MOST_RATE: constant(int256) = 10**17
RATE_TIMES_DAY: constant(int256) = 86_400 * fixed_point.WAD


struct CreditLine:
    lender: address
    limit: int256
    rate: int256
    notice: uint256
    used: int256
    owed: int256
    # Up to when the interest is owed and the limit has fallen.
    accrued_at: uint256
    # When a recall leaves nothing of the limit; zero is never.
    ends_at: uint256


struct Lender:
    money: int256
    # What its lines hold.
    held: int256


event LineAsked:
    holder: indexed(uint256)
    lender: indexed(address)
    rate: int256
    notice: uint256


event LineGranted:
    holder: indexed(uint256)
    lender: indexed(address)
    limit: int256


event LineRecalled:
    holder: indexed(uint256)
    lender: indexed(address)
    limit: int256
    ends_at: uint256


event LineUsed:
    holder: indexed(uint256)
    used: int256
    owed: int256


event LineSettled:
    holder: indexed(uint256)
    lender: indexed(address)
    paid: int256
    owed: int256
    limit: int256


event LineDrawn:
    holder: indexed(uint256)
    lender: indexed(address)
    amount: int256
    limit: int256


lines: HashMap[uint256, uint256[3]]
lenders: HashMap[address, uint256]


@internal
@pure
def packed_line(line: CreditLine) -> uint256[3]:
    """
    @notice The words of a line.
    """
    return [
        convert(line.lender, uint256)
        | (convert(line.rate, uint256) << 160)
        | (line.notice << 224),
        convert(line.limit, uint256) | (convert(line.used, uint256) << 128),
        convert(line.owed, uint256) | (line.accrued_at << 136) | (line.ends_at << 176),
    ]


@internal
@pure
def unpacked_line(packed: uint256[3]) -> CreditLine:
    """
    @notice The line that `packed_line` packed.
    """
    return CreditLine(
        lender=convert((packed[0] << 96) >> 96, address),
        limit=convert((packed[1] << 128) >> 128, int256),
        rate=convert((packed[0] << 32) >> 192, int256),
        notice=packed[0] >> 224,
        used=convert(packed[1] >> 128, int256),
        owed=convert((packed[2] << 120) >> 120, int256),
        accrued_at=(packed[2] << 80) >> 216,
        ends_at=packed[2] >> 176,
    )


@internal
@pure
def packed_lender(lender: Lender) -> uint256:
    """
    @notice The word of a lender.
    """
    return convert(lender.money, uint256) | (convert(lender.held, uint256) << 128)


@internal
@pure
def unpacked_lender(packed: uint256) -> Lender:
    """
    @notice The lender that `packed_lender` packed.
    """
    return Lender(
        money=convert((packed << 128) >> 128, int256),
        held=convert(packed >> 128, int256),
    )


@internal
@pure
def line_at(line: CreditLine, now: uint256) -> CreditLine:
    """
    @notice A line as it stands at `now`: it owes the interest on what was used of it, and
            after a recall its limit has fallen evenly, to nothing in the end.
    """
    after: CreditLine = line
    after.accrued_at = now
    until: uint256 = now
    if line.ends_at != 0:
        until = min(now, line.ends_at)
    elapsed: int256 = convert(until, int256) - convert(line.accrued_at, int256)
    if elapsed > 0:
        after.owed += fixed_point.mul_div_up(
            line.used, line.rate * elapsed, RATE_TIMES_DAY
        )
        if line.ends_at != 0:
            after.limit = fixed_point.mul_div_down(
                line.limit,
                convert(line.ends_at - until, int256),
                convert(line.ends_at - line.accrued_at, int256),
            )
            after.used = min(line.used, after.limit)
    return after


@internal
@view
def load_line(holder: uint256) -> CreditLine:
    """
    @notice The line of an account, as it was left.
    """
    return self.unpacked_line(self.lines[holder])


@internal
def store_line(holder: uint256, line: CreditLine):
    """
    @notice Keep the line of an account.
    """
    self.lines[holder] = self.packed_line(line)


@internal
@view
def load_lender(lender: address) -> Lender:
    """
    @notice What a lender has, and what of it its lines hold.
    """
    return self.unpacked_lender(self.lenders[lender])


@internal
def add_to_lender(lender: address, money: int256, held: int256) -> Lender:
    """
    @notice Change what a lender has and what its lines hold, and give both.
    """
    after: Lender = self.load_lender(lender)
    after.money += money
    after.held += held
    self.lenders[lender] = self.packed_lender(after)
    return after


@internal
def take_free(lender: address, amount: int256) -> int256:
    """
    @notice Take from a lender what no line holds, and give what is left.
    """
    has: Lender = self.load_lender(lender)
    errors.require(amount <= has.money - has.held, errors.HELD_BY_LINES)
    return self.add_to_lender(lender, 0 - amount, 0).money


@internal
@view
def is_settled(holder: uint256) -> bool:
    """
    @notice Whether an account uses nothing of its line and owes nothing for it.
    """
    line: CreditLine = self.load_line(holder)
    return line.used == 0 and line.owed == 0


@internal
def free_fallen(holder: uint256, now: uint256) -> CreditLine:
    """
    @notice The line of an account as it stands now; what has fallen of it, its lender has
            back.
    """
    before: CreditLine = self.load_line(holder)
    line: CreditLine = self.line_at(before, now)
    if line.limit != before.limit:
        self.add_to_lender(line.lender, 0, line.limit - before.limit)
    return line


@internal
def use_line(holder: uint256, needed: int256, now: uint256) -> int256:
    """
    @notice Let an account use what it needs of its line; give what the line is worth to
            it, less what it owes for it.
    """
    line: CreditLine = self.free_fallen(holder, now)
    line.used = fixed_point.clamp(needed, 0, line.limit)
    self.store_line(holder, line)
    log LineUsed(holder=holder, used=line.used, owed=line.owed)
    return line.limit - line.owed


@internal
def ask_line(
    holder: uint256, lender: address, rate: int256, notice: uint256, now: uint256
):
    """
    @notice Name who may grant an account a line, at which rate a day and notice; the
            line that it has ends.
    """
    errors.require(rate >= 0 and rate <= MOST_RATE, errors.OUT_OF_BOUNDS)
    errors.require(
        notice >= LEAST_NOTICE and notice <= MOST_NOTICE, errors.OUT_OF_BOUNDS
    )
    line: CreditLine = self.free_fallen(holder, now)
    errors.require(line.used == 0 and line.owed == 0, errors.LINE_IN_USE)
    if line.limit != 0:
        self.add_to_lender(line.lender, 0, 0 - line.limit)
    self.store_line(
        holder,
        CreditLine(
            lender=lender,
            limit=0,
            rate=rate,
            notice=notice,
            used=0,
            owed=0,
            accrued_at=now,
            ends_at=0,
        ),
    )
    account.set_has_line(holder, False)
    log LineAsked(holder=holder, lender=lender, rate=rate, notice=notice)


@internal
def grant_line(
    holder: uint256,
    limit: int256,
    rate: int256,
    notice: uint256,
    lender: address,
    now: uint256,
):
    """
    @notice Grant an account the line that it has asked for, or a higher one, out of
            what the lender has.
    """
    fixed_point.require_fits(limit, 120)
    line: CreditLine = self.free_fallen(holder, now)
    errors.require(line.lender == lender, errors.NOT_LENDER)
    errors.require(line.rate == rate and line.notice == notice, errors.OTHER_TERMS)
    errors.require(limit > line.limit, errors.LINE_TOO_SMALL)
    has: Lender = self.add_to_lender(lender, 0, limit - line.limit)
    errors.require(has.held <= has.money, errors.TOO_LITTLE_LENT)
    line.limit = limit
    line.ends_at = 0
    self.store_line(holder, line)
    account.set_has_line(holder, True)
    log LineGranted(holder=holder, lender=lender, limit=limit)


@internal
def recall_line(holder: uint256, lender: address, now: uint256):
    """
    @notice Let a line fall evenly to nothing over its notice.
    """
    line: CreditLine = self.free_fallen(holder, now)
    errors.require(line.lender == lender, errors.NOT_LENDER)
    errors.require(line.limit != 0, errors.LINE_UNKNOWN)
    errors.require(line.ends_at == 0, errors.ALREADY_RECALLED)
    line.ends_at = now + line.notice
    self.store_line(holder, line)
    log LineRecalled(
        holder=holder, lender=lender, limit=line.limit, ends_at=line.ends_at
    )


@internal
def settle_line(holder: uint256, needed: int256, spare: int256, now: uint256) -> int256:
    """
    @notice Pay the lender of an account what it is owed, as far as the account can
            spare it, and keep what it needs of its line from now on; give what was
            paid.
    """
    line: CreditLine = self.free_fallen(holder, now)
    current: account.Account = account.load_account(holder)
    # Interest makes no debt: it is paid out of cash that is there.
    paid: int256 = fixed_point.clamp(min(spare, current.cash), 0, line.owed)
    line.owed -= paid
    line.used = fixed_point.clamp(needed, 0, line.limit)
    current.cash -= paid
    current.has_line = line.limit != 0 or line.owed != 0
    self.store_line(holder, line)
    account.store_account(holder, current)
    self.add_to_lender(line.lender, paid, 0)
    log LineSettled(
        holder=holder,
        lender=line.lender,
        paid=paid,
        owed=line.owed,
        limit=line.limit,
    )
    return paid


@internal
def draw_line(holder: uint256, amount: int256, now: uint256) -> int256:
    """
    @notice Take up to `amount` from the line of an account for what it cannot pay, and
            give it; the account owes its lender that much more.
    """
    line: CreditLine = self.free_fallen(holder, now)
    drawn: int256 = min(amount, line.limit)
    line.limit -= drawn
    line.used = min(line.used, line.limit)
    line.owed += drawn
    self.store_line(holder, line)
    if drawn != 0:
        self.add_to_lender(line.lender, 0 - drawn, 0 - drawn)
        log LineDrawn(holder=holder, lender=line.lender, amount=drawn, limit=line.limit)
    return drawn
