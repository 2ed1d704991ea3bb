"""Reading policy files: their words and people from the shipped lists, and every mistake."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from engine.trust.files import content_of
from engine.trust.forms import Location, mistake, parse_form
from engine.trust.normalise import views
from engine.trust.policy_form import People, PolicyFile, Rule, Vocabulary
from engine.trust.policy_rules import RuleBook

PEOPLE = "people"


def read_policy(path: Path) -> PolicyFile:
    """The policy in a file; InvalidInput naming line and field for a mistake in it."""
    return parse_policy(content_of(path, "The policy", "Check the path."), str(path))


@cache
def default_policy_file() -> PolicyFile:
    """The policy that ships with Reelwright."""
    place = files("assets") / "policy" / "default.toml"
    return parse_policy(place.read_bytes(), "the default policy")


def parse_policy(content: bytes, source: str) -> PolicyFile:
    """The policy in `content`, with the shipped words it names; `source` names it in errors."""
    policy, text = parse_form(PolicyFile, content, source)
    _check_named(policy, source, text)
    policy = _complete(policy)
    _check_lists(policy, source, text)
    _check_benign(policy, source, text)
    return policy


@cache
def vocabulary(locale: str) -> Vocabulary:
    """The words of a language that ship with Reelwright."""
    return parse_form(Vocabulary, _shipped("locale", locale), f"the words of '{locale}'")[0]


@cache
def people(name: str) -> People:
    """A list of protected persons that ships with Reelwright."""
    return parse_form(People, _shipped("people", name), f"the people of '{name}'")[0]


def shipped(kind: str) -> list[str]:
    """What ships of a kind: of 'locale' the languages, of 'people' the lists of persons."""
    names = [each.name for each in (files("assets") / "policy").iterdir()]
    found = [name for name in names if name.startswith(f"{kind}.") and name.endswith(".toml")]
    return sorted(name.removeprefix(f"{kind}.").removesuffix(".toml") for name in found)


def _shipped(kind: str, name: str) -> bytes:
    return (files("assets") / "policy" / f"{kind}.{name}.toml").read_bytes()


def _complete(policy: PolicyFile) -> PolicyFile:
    """The policy with the words of its languages and the names of the people it protects."""
    terms = {name: list(entries) for name, entries in policy.terms.items()}
    benign = list(policy.benign)
    for locale in policy.locales:
        words = vocabulary(locale)
        benign += words.benign
        for name in terms.keys() & words.terms.keys():
            terms[name] += words.terms[name]
    named = (person for each in policy.protect for person in people(each).person)
    names = [name for person in named for name in (person.name, *person.also)]
    if names:
        terms[PEOPLE] = [*terms.get(PEOPLE, []), *names]
    return policy.model_copy(update={"terms": terms, "benign": benign})


def _check_named(policy: PolicyFile, source: str, text: str) -> None:
    """Every language and list of people must be one that ships."""
    for field, kind, names in (
        ("locales", "locale", policy.locales),
        ("protect", "people", policy.protect),
    ):
        known = shipped(kind)
        for number, name in enumerate(names):
            if name not in known:
                message = f"'{name}' does not ship; there is {', '.join(known)}"
                raise mistake(source, text, (field, number), message)


def _check_lists(policy: PolicyFile, source: str, text: str) -> None:
    """Every "@name" must be a list in [terms], and every id be there once."""
    seen: set[str] = set()
    for number, category in enumerate(policy.category):
        if category.id in seen:
            message = f"the category '{category.id}' is there twice"
            raise mistake(source, text, ("category", number, "id"), message)
        seen.add(category.id)
        for place, rule in enumerate(category.rule):
            where: Location = ("category", number, "rule", place)
            for field, entries in _entries(rule):
                for name in entries:
                    if name.startswith("@") and name[1:] not in policy.terms:
                        message = f"there is no list '{name[1:]}' in [terms]"
                        raise mistake(source, text, (*where, field), message)


def _check_benign(policy: PolicyFile, source: str, text: str) -> None:
    """A harmless phrase must not lift what nothing may lift."""
    book = RuleBook(policy, benign=False, absolute=True)
    for number, phrase in enumerate(policy.benign):
        for view in views(phrase):
            for category in book.match(view):
                title = policy.category[category].title
                message = f"'{phrase}' is no harmless phrase: nothing may lift '{title}'"
                raise mistake(source, text, ("benign", number), message)


def _entries(rule: Rule) -> list[tuple[str, list[str]]]:
    lists = [
        ("any", rule.any),
        ("unless", rule.unless),
        ("unless_near", rule.unless_near),
        ("negative", rule.negative),
    ]
    lists += [("signs", sign.any) for sign in rule.signs]
    return [*lists, *(("all", each) for each in rule.all)]
