"""Write the pages of docs/operators as manual pages: Markdown to roff, standard library only.

    python3 tools/manpage.py DIRECTORY

It knows the Markdown of those pages: headings, paragraphs, lists, definition lists, tables, blocks
of code, links, and code, bold and italic words. A table becomes a list of its rows.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs" / "operators"

_INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<bold>[^*]+)\*\*|(?<!\*)\*(?P<italic>[^*\s][^*]*)\*"
    r"|\[(?P<text>[^]]+)\]\((?P<link>[^)]+)\)"
)
_ITEM = re.compile(r"(?P<mark>[-*]|\d+\.) +(?P<text>.*)")


def build_pages(directory: Path, version: str, docs: Path = DOCS) -> list[Path]:
    """Write a manual page for each page of the documents, and return the files."""
    directory.mkdir(parents=True, exist_ok=True)
    pages = []
    for source in sorted(docs.glob("*.md")):
        name, section = get_name_and_section(source.stem)
        page = directory / f"{name}.{section}"
        page.write_text(
            convert(source.read_text(encoding="utf-8"), name, section, version), "utf-8"
        )
        pages.append(page)
    return pages


def get_name_and_section(stem: str) -> tuple[str, int]:
    """Return the name of a manual page and its section: programs 8, files 5, the rest 7."""
    if stem.startswith("cloudnet-"):
        return stem, 8
    return f"cloudnet-{stem}", 5 if stem == "configuration" else 7


def convert(markdown: str, name: str, section: int, version: str) -> str:
    """Return a page in roff."""
    lines = markdown.splitlines()
    out = [f'.TH "{name.upper()}" "{section}" "" "cloudnet {version}" "cloudnet"']
    out += _convert_blocks(lines)
    return "\n".join(out) + "\n"


def _convert_blocks(lines: Sequence[str]) -> Iterator[str]:
    n = 0
    while n < len(lines):
        line = lines[n]
        if not line.strip() or line.startswith("# "):
            n += 1
        elif line.startswith("#"):
            yield (".SH " if line.startswith("## ") else ".SS ") + _inline(line.lstrip("# "))
            n += 1
        elif line.startswith("```"):
            end = next(m for m in range(n + 1, len(lines)) if lines[m].startswith("```"))
            yield from _convert_code(lines[n + 1 : end])
            n = end + 1
        else:
            end = _find_end(lines, n)
            yield from _convert_block(lines[n:end])
            n = end


def _find_end(lines: Sequence[str], start: int) -> int:
    """Return where the block that begins at ``start`` ends; indented lines belong to it."""
    is_list = bool(_ITEM.match(lines[start])) or (lines[start + 1 : start + 2] != [] and (
        lines[start + 1].startswith(": ")
    ))  # fmt: skip
    for n in range(start + 1, len(lines)):
        line = lines[n]
        if not line.strip():
            follows = next((later for later in lines[n:] if later.strip()), "")
            if not (is_list and follows.startswith("  ")):
                return n
        elif (is_list and _ITEM.match(line)) or line.startswith(("#", "```")):
            return n
    return len(lines)


def _convert_block(block: Sequence[str]) -> Iterator[str]:
    first = block[0]
    item = _ITEM.match(first)
    if first.startswith("|"):
        yield from _convert_table(block)
    elif item is not None:
        mark = "\\(bu" if item["mark"] in "-*" else item["mark"]
        yield from (f'.IP "{mark}" 4', *_convert_body([item["text"], *block[1:]]))
    elif len(block) > 1 and block[1].startswith(": "):
        yield from (".TP", _inline(first), *_convert_body([block[1][2:], *block[2:]]))
    else:
        yield from (".PP", _inline(" ".join(line.strip() for line in block)))


def _convert_body(lines: Sequence[str]) -> Iterator[str]:
    """Convert what is beside a mark or below a term: text, then any blocks."""
    dedented = [lines[0], *(line[2:] if line.startswith("  ") else line for line in lines[1:])]
    end = next(
        (n for n, line in enumerate(dedented) if not line.strip() or line.startswith(("|", "```"))),
        len(dedented),
    )
    yield _inline(" ".join(line.strip() for line in dedented[:end]))
    rest = list(_convert_blocks(dedented[end:]))
    if rest:
        yield from (".RS", *rest, ".RE")


def _convert_table(rows: Sequence[str]) -> Iterator[str]:
    cells = [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row.strip())[1:-1]]
        for row in rows
    ]
    header, body = cells[0], cells[2:]
    for term, *values in body:
        named = [
            f"{title}: {value}" if n > 0 and title else value
            for n, (title, value) in enumerate(zip(header[1:], values, strict=True))
            if value
        ]
        yield from (".TP", _inline(term), _inline(". ".join(named)))


def _convert_code(lines: Sequence[str]) -> Iterator[str]:
    yield from (".PP", ".RS 4", ".EX", *(_protect(_escape(line)) for line in lines), ".EE", ".RE")


def _inline(text: str) -> str:
    """Return the text in roff, with its code and bold words bold and its italic ones italic."""
    out, end = "", 0
    for match in _INLINE.finditer(text):
        out += _escape(text[end : match.start()])
        if match["text"] is not None:
            out += _convert_link(match["text"], match["link"])
        elif match["italic"] is not None:
            out += f"\\fI{_escape(match['italic'].replace('`', ''))}\\fR"
        else:
            out += f"\\fB{_escape(match['code'] or match['bold'].replace('`', ''))}\\fR"
        end = match.end()
    return _protect(out + _escape(text[end:]))


def _convert_link(text: str, target: str) -> str:
    """Return the text of a link with its address or, for another page, that page and its section.

    A text that only names the other page is replaced: that of ``[backup](backup.md)``.
    """
    if "://" in target:
        return _inline(text) + _escape(f" ({target})")
    if "/" in target or ".md" not in target:
        return _inline(text)
    stem = target.partition(".md")[0]
    name, section = get_name_and_section(stem)
    page = f"\\fB{_escape(name)}\\fR({section})"
    return page if text.lower() == stem else f"{_inline(text)} ({page})"


def _escape(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-")


def _protect(line: str) -> str:
    """Keep a line of text from being a request of roff."""
    return f"\\&{line}" if line.startswith((".", "'")) else line


if __name__ == "__main__":
    for written in build_pages(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""):
        sys.stdout.write(f"{written}\n")
