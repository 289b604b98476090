"""
The units of the protocol: classes for mypy, plain `int` when the program runs.

Numbers of one unit add and compare; a count scales them; zero has every unit.
Whatever else is meaningful is declared here, and everything else is a type error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal, Protocol, Self, TypeAlias, TypeVar, overload

    Zero: TypeAlias = Literal[0]

    class Unit:
        """What the numbers of every unit can do."""

        def __init__(self, value: int, /) -> None: ...
        def __int__(self) -> int: ...
        def __abs__(self) -> Self: ...
        def __neg__(self) -> Self: ...
        def __add__(self, other: Self, /) -> Self: ...
        def __sub__(self, other: Self, /) -> Self: ...
        def __rmul__(self, count: int, /) -> Self: ...
        def __rshift__(self, bits: int, /) -> int: ...
        def __lt__(self, other: Self | Zero, /) -> bool: ...
        def __le__(self, other: Self | Zero, /) -> bool: ...
        def __gt__(self, other: Self | Zero, /) -> bool: ...
        def __ge__(self, other: Self | Zero, /) -> bool: ...

    class Price(Unit):
        """Quote per one unit of base, in wads."""

        @overload
        def __mul__(self, by: Area, /) -> PriceArea: ...
        @overload
        def __mul__(self, by: Seconds, /) -> PriceSeconds: ...
        def __mul__(self, by: Unit, /) -> Unit: ...

    class Size(Unit):
        """Base, in wads; negative when short."""

        @overload
        def __mul__(self, by: Price, /) -> SizePrice: ...
        @overload
        def __mul__(self, by: Size, /) -> int: ...
        def __mul__(self, by: Unit, /) -> object: ...

    class SizePrice(Unit):
        """A size times a price: a value before it is divided by `WAD`."""

    class Quote(Unit):
        """Value, in wads."""

        def __mul__(self, other: Quote, /) -> int: ...

    class Flow(Unit):
        """Value per second, in wads."""

        def __mul__(self, time: Seconds, /) -> Quote: ...

    class Ratio(Unit):
        """A pure number, in wads."""

    class Seconds(Unit):
        """A time, or the time between two."""

    class Rate(Unit):
        """A ratio per day, in wads."""

        def __mul__(self, time: Seconds, /) -> FineRate: ...

    class FineRate(Unit):
        """A rate times `DAY`, or what a velocity adds to one in a time."""

        def __mul__(self, time: Seconds, /) -> Area: ...

    class Area(Unit):
        """A fine rate held over a time."""

    class PriceArea(Unit):
        """A price times an area: the growth of an index before it is divided."""

    class PriceSeconds(Unit):
        """A price held over a time, or more of them summed."""

    class Shares(Unit):
        """Shares of the vault, in wads."""

    X = TypeVar(
        "X",
        Price,
        Size,
        SizePrice,
        Quote,
        Flow,
        Ratio,
        Seconds,
        Rate,
        FineRate,
        Area,
        PriceArea,
        PriceSeconds,
        Shares,
        int,
    )
    Y = TypeVar("Y", Price, Size, Quote, Ratio, Seconds, Rate, FineRate, Area, Shares)

    class MulDiv(Protocol):
        """`x * y / denominator`, where it has a meaning."""

        @overload
        def __call__(self, x: FineRate, y: FineRate, denominator: Rate) -> Area: ...
        @overload
        def __call__(self, x: Quote, y: int, denominator: Ratio) -> Quote: ...
        @overload
        def __call__(self, x: Quote, y: int, denominator: Price) -> Size: ...
        @overload
        def __call__(self, x: Quote, y: int, denominator: Size) -> Price: ...
        @overload
        def __call__(self, x: Quote, y: int, denominator: Quote) -> Ratio: ...
        @overload
        def __call__(self, x: Size, y: int, denominator: Size) -> Ratio: ...
        @overload
        def __call__(self, x: Quote, y: Shares, denominator: Quote) -> Shares: ...
        @overload
        def __call__(self, x: Shares, y: Quote, denominator: Shares) -> Quote: ...
        @overload
        def __call__(self, x: X, y: int, denominator: int) -> X: ...
        @overload
        def __call__(self, x: X, y: Y, denominator: Y) -> X: ...

    class Div(Protocol):
        """`x / denominator`, where it has a meaning."""

        @overload
        def __call__(self, x: SizePrice, denominator: int) -> Quote: ...
        @overload
        def __call__(self, x: PriceArea, denominator: Area) -> Price: ...
        @overload
        def __call__(self, x: PriceSeconds, denominator: Seconds) -> Price: ...
        @overload
        def __call__(self, x: X, denominator: int) -> X: ...

    class MulWad(Protocol):
        """`x * y / WAD`, where it has a meaning."""

        @overload
        def __call__(self, x: Size, y: Price) -> Quote: ...
        @overload
        def __call__(self, x: Rate, y: Ratio) -> Rate: ...
        @overload
        def __call__(self, x: Price, y: Rate) -> Price: ...
        @overload
        def __call__(self, x: X, y: Ratio) -> X: ...

    def mul_div(function: Callable[[int, int, int], int]) -> MulDiv:
        """Give a function on numbers the units of `MulDiv`."""

    def div(function: Callable[[int, int], int]) -> Div:
        """Give a function on numbers the units of `Div`."""

    def mul_wad(function: Callable[[int, int], int]) -> MulWad:
        """Give a function on numbers the units of `MulWad`."""

else:
    Price = Size = SizePrice = Quote = Flow = Ratio = Seconds = Rate = int
    FineRate = Area = PriceArea = PriceSeconds = Shares = int

    def mul_div(function):
        return function

    def div(function):
        return function

    def mul_wad(function):
        return function


# Numbers that name something: 160 bits of an address, an account's owner and number.
Address = int
Holder = int
# The least part of a token.
Atoms = int


class Call(Struct, frozen=True):
    """Who calls an entry point, and when."""

    sender: Address
    now: Seconds
