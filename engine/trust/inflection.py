"""How an English word is written in its forms: stab, stabs, stabbed, stabbing; knife, knives."""

from __future__ import annotations

import re

# Past and participle where they are not "-ed"; the plural where it is not "-s".
_PAST = {
    "arise": "arose arisen",
    "beat": "beat beaten",
    "become": "became become",
    "bend": "bent",
    "bind": "bound",
    "bite": "bit bitten",
    "bleed": "bled",
    "blow": "blew blown",
    "break": "broke broken",
    "build": "built",
    "burn": "burned burnt",
    "burst": "burst",
    "buy": "bought",
    "catch": "caught",
    "choose": "chose chosen",
    "come": "came come",
    "cut": "cut",
    "deal": "dealt",
    "dig": "dug",
    "draw": "drew drawn",
    "drink": "drank drunk",
    "drive": "drove driven",
    "eat": "ate eaten",
    "fall": "fell fallen",
    "feed": "fed",
    "fight": "fought",
    "find": "found",
    "forbid": "forbade forbidden",
    "forget": "forgot forgotten",
    "get": "got gotten",
    "give": "gave given",
    "go": "went gone",
    "grind": "ground",
    "hang": "hung hanged",
    "have": "had",
    "hide": "hid hidden",
    "hit": "hit",
    "hold": "held",
    "hurt": "hurt",
    "keep": "kept",
    "lead": "led",
    "leave": "left",
    "let": "let",
    "light": "lit lighted",
    "lose": "lost",
    "make": "made",
    "mow": "mowed mown",
    "overcome": "overcame",
    "override": "overrode overridden",
    "overthrow": "overthrew overthrown",
    "put": "put",
    "quit": "quit",
    "ride": "rode ridden",
    "rip": "ripped",
    "run": "ran run",
    "saw": "sawed sawn",
    "say": "said",
    "see": "saw seen",
    "sell": "sold",
    "send": "sent",
    "set": "set",
    "shed": "shed",
    "shoot": "shot",
    "show": "showed shown",
    "shut": "shut",
    "slay": "slew slain",
    "sleep": "slept",
    "slit": "slit",
    "sneak": "sneaked snuck",
    "speak": "spoke spoken",
    "spill": "spilled spilt",
    "split": "split",
    "stand": "stood",
    "steal": "stole stolen",
    "stick": "stuck",
    "sting": "stung",
    "strike": "struck",
    "swear": "swore sworn",
    "take": "took taken",
    "teach": "taught",
    "tear": "tore torn",
    "tell": "told",
    "think": "thought",
    "throw": "threw thrown",
    "tread": "trod trodden",
    "wake": "woke woken",
    "wear": "wore worn",
    "write": "wrote written",
}
_PLURAL = {
    "child": "children",
    "foot": "feet",
    "man": "men",
    "person": "persons people",
    "tooth": "teeth",
    "woman": "women",
}
_ENDS_LIKE_MAN = re.compile(r"(?!.*(?:hu|ger|ro|sha|otto)man).*man")
_DOUBLED = re.compile(r"[^aeiou]*(?:qu)?[aeiou][bdgklmnprtvz]")
_HISSING = re.compile(r".*(?:s|x|z|ch|sh)")
_Y_AFTER_A_CONSONANT = re.compile(r".*[^aeiou]y")
_KNIFE = re.compile(r".*(?:ife|alf|elf|eaf|olf|ief)")


def forms(word: str) -> tuple[str, ...]:
    """The word itself, its plural or third person, its past forms and its "-ing"."""
    if word in _PLURAL:
        return (word, *_PLURAL[word].split())
    if _ENDS_LIKE_MAN.fullmatch(word):
        return (word, f"{word[:-2]}en")
    past = _PAST[word].split() if word in _PAST else _regular_past(word)
    found = [word, *_with_s(word), *past, _with_ing(word)]
    return tuple(dict.fromkeys(found))


def _with_s(word: str) -> list[str]:
    if _Y_AFTER_A_CONSONANT.fullmatch(word):
        return [f"{word[:-1]}ies"]
    if _HISSING.fullmatch(word):
        return [f"{word}es"]
    if _KNIFE.fullmatch(word):
        return [f"{word}s", re.sub("fe?$", "ves", word)]
    return [f"{word}s"]


def _regular_past(word: str) -> list[str]:
    if word.endswith("e"):
        return [f"{word}d"]
    if _Y_AFTER_A_CONSONANT.fullmatch(word):
        return [f"{word[:-1]}ied"]
    return [f"{_doubled(word)}ed"]


def _with_ing(word: str) -> str:
    if word.endswith("ie"):
        return f"{word[:-2]}ying"
    if word.endswith("e") and not word.endswith(("ee", "ye", "oe")):
        return f"{word[:-1]}ing"
    return f"{_doubled(word)}ing"


def _doubled(word: str) -> str:
    return word + word[-1] if _DOUBLED.fullmatch(word) else word
