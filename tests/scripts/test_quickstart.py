"""
What newcomers copy runs as it stands, and prints what stands beside it.
"""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO

import pytest

from tests.scripts.notebook import NOTEBOOK, executed, outputs_of, read, text_of

PAGE = NOTEBOOK.parent / "how-to" / "quickstart.md"
README = NOTEBOOK.parents[1] / "README.md"


def test_the_lines_of_the_page_print_what_it_says() -> None:
    pairs = re.findall(
        r"^```python\n(.*?)^```\n\n```text\n(.*?)^```",
        PAGE.read_text(),
        re.MULTILINE | re.DOTALL,
    )
    assert len(pairs) == PAGE.read_text().count("```python") == 3
    namespace: dict[str, object] = {}
    for source, output in pairs:
        printed = StringIO()
        with redirect_stdout(printed):
            exec(source, namespace)
        assert printed.getvalue() == output


def test_the_first_lines_are_five() -> None:
    page = PAGE.read_text().partition("```python\n")[2].partition("```")[0]
    lines = [line for line in page.splitlines() if line]
    assert lines[0].startswith("from ")
    assert len(lines[1:]) == 5
    assert "".join(read()["cells"][1]["source"]).strip() == page.strip()
    assert f"```python\n{page}```" in README.read_text()


def test_the_notebook_prints_what_stands_in_it() -> None:
    again = text_of(executed(read()))
    assert again == NOTEBOOK.read_text(), "write it: python -m tests.scripts.notebook"


def test_a_cell_gives_what_it_prints_and_its_last_value() -> None:
    outputs = outputs_of("one = 1\nprint(one)\none + one", {}, 3)
    assert [each["output_type"] for each in outputs] == ["stream", "execute_result"]
    assert outputs[0]["text"] == ["1\n"]
    assert outputs[1]["data"] == {"text/plain": ["2"]}
    assert outputs_of("one = 1", {}, 1) == []
    with pytest.raises(ZeroDivisionError):
        outputs_of("1 / 0", {}, 1)
