# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Impostor
@notice Has the two views of an aggregator, and does in each what it was taught.
"""

MEGABYTE: constant(uint256) = 2**20
# To say what was taught, and how much of it; to refuse with it; to burn all gas; to
# say a megabyte; to write; to ask who asks, and to pass on how that ended.
SAY: constant(uint256) = 0
REFUSE: constant(uint256) = 1
BURN: constant(uint256) = 2
FLOOD: constant(uint256) = 3
WRITE: constant(uint256) = 4
ASK: constant(uint256) = 5


struct Lesson:
    manner: uint256
    words: uint256[6]
    size: uint256


# What to do when asked for the latest round, and when asked for the decimals.
lessons: HashMap[bool, Lesson]
written: uint256


@external
def learn(is_of_scale: bool, manner: uint256, words: uint256[6], size: uint256):
    """
    @notice Learn what to do when asked.
    """
    self.lessons[is_of_scale] = Lesson(manner=manner, words=words, size=size)


@external
@raw_return
def latestRoundData() -> Bytes[MEGABYTE]:
    """
    @notice Whatever it was taught.
    """
    lesson: Lesson = self.lessons[False]
    if lesson.manner == FLOOD:
        return abi_encode(empty(uint256[MEGABYTE // 32 - 2]))
    return self.said(lesson)


@external
@raw_return
def decimals() -> Bytes[192]:
    """
    @notice Whatever it was taught.
    """
    return self.said(self.lessons[True])


@internal
def said(lesson: Lesson) -> Bytes[192]:
    """
    @notice What comes of a lesson.
    """
    words: Bytes[192] = slice(abi_encode(lesson.words), 0, lesson.size)
    if lesson.manner == REFUSE:
        raw_revert(words)
    if lesson.manner == BURN:
        raise UNREACHABLE
    if lesson.manner == WRITE:
        self.written += 1
    if lesson.manner == ASK:
        raw_call(
            msg.sender,
            abi_encode(empty(uint256), method_id=method_id("price(uint256)")),
            is_static_call=True,
        )
    return words
