"""Manual pages are made of the operators' documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.manpage import DOCS, convert, get_name_and_section

SOURCES = sorted(DOCS.glob("*.md"))

PAGE = """\
# tool

## NAME

tool - do a thing

## OPTIONS

`--size N`
: How large, see [configuration](configuration.md) and
  [the library](https://example.org/).

  | Value | Meaning |
  |---|---|
  | `a\\|b` | one of **the `two`** |

- .first
- it's [a table](database.md#tables)

```
tool --size 1 \\
    'x'
```
"""

ROFF = """\
.TH "TOOL" "8" "" "cloudnet 1.0" "cloudnet"
.SH NAME
.PP
tool \\- do a thing
.SH OPTIONS
.TP
\\fB\\-\\-size N\\fR
How large, see \\fBcloudnet\\-configuration\\fR(5) and the library (https://example.org/).
.RS
.TP
\\fBa|b\\fR
one of \\fBthe two\\fR
.RE
.IP "\\(bu" 4
\\&.first
.IP "\\(bu" 4
it's a table (\\fBcloudnet\\-database\\fR(7))
.PP
.RS 4
.EX
tool \\-\\-size 1 \\e
    'x'
.EE
.RE
"""


def test_markdown_becomes_roff() -> None:
    assert convert(PAGE, "tool", 8, "1.0") == ROFF


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_each_page_has_its_name_and_a_description_and_no_mark_of_markdown(source: Path) -> None:
    name, section = get_name_and_section(source.stem)

    page = convert(source.read_text(), name, section, "1.0")

    escaped = re.escape(name.replace("-", "\\-"))
    assert re.search(rf"^\.SH NAME\n\.PP\n{escaped} \\- [a-z].*\n\.SH ", page, re.MULTILINE)
    text = re.sub(r"^\.EX\n.*?^\.EE", "", page, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"`|\*\*|\]\(", text)


def test_the_page_of_manage_names_all_others() -> None:
    [see_also] = re.findall(
        r"^## SEE ALSO\n(.*)", (DOCS / "cloudnet-manage.md").read_text(), re.DOTALL | re.MULTILINE
    )

    named = set(re.findall(r"\(([\w-]+)\.md\)", see_also))
    assert named == {source.stem for source in SOURCES} - {"cloudnet-manage"}
