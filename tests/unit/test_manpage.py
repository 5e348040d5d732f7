"""Manual pages are made of the operators' documents."""

from tools.manpage import convert

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
  | `a\\|b` | one of **two** |

- .first
- it's

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
How large, see configuration (cloudnet\\-configuration(5)) and the library (https://example.org/).
.RS
.TP
\\fBa|b\\fR
one of \\fBtwo\\fR
.RE
.IP "\\(bu" 4
\\&.first
.IP "\\(bu" 4
it's
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
