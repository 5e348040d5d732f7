"""Which commands were probably meant by words that name none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cloudnet.common.usage import find_near


def suggest_commands(words: Sequence[str], names: Iterable[str]) -> list[str]:
    """Return the names of all commands that are similar to the words, or none.

    The noun counts first, then the verb: ``netwrk list`` is ``network list``, and ``network lst``
    is one of the network's commands. ``list network`` is ``network list``, too.
    """
    known = [tuple(name.split()) for name in names]
    first, second = [*words, "", ""][:2]
    for noun, verb in ((first, second), (second, first)):
        of_noun = [name for name in known if name[0] in _near(noun, {n[0] for n in known})]
        verbs = _near(verb, {name[1] for name in of_noun if len(name) > 1})
        of_verb = [name for name in of_noun if name[1:] and name[1] in verbs]
        if of_noun:
            return [" ".join(name) for name in of_verb or of_noun]
    verbs = _near(first, {name[1] for name in known if len(name) > 1})
    return [" ".join(name) for name in known if name[1:] and name[1] in verbs]


def _near(word: str, known: set[str]) -> set[str]:
    if not word:
        return set()
    if word in known:
        return {word}
    return {name for name in known if name.startswith(word)} | set(find_near(word, sorted(known)))
