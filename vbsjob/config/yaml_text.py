"""Reads YAML without types: every scalar is the text that the user wrote.

YAML 1.1 reads `password: 0123456` as the number 42798, `12:30:45` as 45045, `no` as false and
`1.10` as 1.1. Settings have types, so this loader resolves only `null` and the merge key
`<<`. Nesting and aliases are limited before anything is built. The only module that reads YAML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vbsjob.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

ALIAS_LIMIT = 1000
ALIASED_NODES_LIMIT = 100_000
"""Limit of all values that the aliases of a file repeat, and of those of a merge key."""
DEPTH_LIMIT = 16
NULLS = frozenset(("", "~", "null", "Null", "NULL"))
HINT = "Check the indentation, quotes and brackets there and in the line above."
STRING, MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"


def read(path: Path, content: str) -> Any:
    """Return a YAML document of dicts, lists, strings and None. Raises UsageError."""
    import yaml

    # BaseLoader resolves no types; its C version is about ten times as fast.
    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        _check_size(path, yaml, loader, content)
        root = yaml.compose(content, Loader=loader)
        return None if root is None else _Builder(path, yaml).value(root)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{path}, line {line}: this is not valid YAML.", hint=HINT) from None
    except yaml.reader.ReaderError as error:
        line = content.encode()[: error.position].count(b"\n") + 1
        raise UsageError(
            f"{path}, line {line}: YAML does not allow one of the characters.",
            hint="Remove the control characters of that line.",
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError, TypeError):
        raise UsageError(f"{path} is not valid YAML.", hint=HINT) from None


def _check_size(path: Path, yaml: Any, loader: Any, content: str) -> None:
    """Refuse deep nesting, and aliases that repeat very many values ("billion laughs").

    Counts what an alias repeats: the values below its anchor, including aliases there.
    """
    aliases = aliased = 0
    weights: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []  # anchor, and the total when it began
    total = 0
    for event in yaml.parse(content, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, total))
            weights.pop(event.anchor, None)
            total += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor:
                weights[anchor] = total - before
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
            if event.anchor:
                weights[event.anchor] = 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
            weight = weights.get(event.anchor, 0)  # 0: there is no such anchor; compose reports it
            if any(anchor == event.anchor for anchor, _ in open_nodes):
                weight = ALIASED_NODES_LIMIT + 1  # the node contains itself
            aliased += weight
            total += weight
        if aliases > ALIAS_LIMIT or aliased > ALIASED_NODES_LIMIT or len(open_nodes) > DEPTH_LIMIT:
            line = event.start_mark.line + 1
            raise UsageError(
                f"{path}, line {line}: too many aliases, or nested too deeply.",
                hint="Write values instead of aliases, and use fewer levels.",
            )


class _Builder:
    """Builds values from nodes; a node that several aliases name is built once."""

    def __init__(self, path: Path, yaml: Any) -> None:
        self._path = path
        self._yaml = yaml
        self._values: dict[int, Any] = {}

    def value(self, node: Any) -> Any:
        """Return a dict, a list, a string, or None for a plain null."""
        if id(node) not in self._values:
            self._values[id(node)] = self._build(node)
        return self._values[id(node)]

    def _build(self, node: Any) -> Any:
        if isinstance(node, self._yaml.SequenceNode):
            return [self.value(item) for item in node.value]
        if isinstance(node, self._yaml.MappingNode):
            return self._mapping(node)
        plain = node.style in {None, ""}
        return None if plain and node.value in NULLS else node.value

    def _mapping(self, node: Any) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, self._yaml.ScalarNode):
                line = key.start_mark.line + 1
                raise UsageError(
                    f"{self._path}, line {line}: a key must be a plain text.",
                    hint="Write a value that begins with { or [ in quotes.",
                )
            if key.value == "<<" and key.style in {None, ""}:
                self._merge(value, merged)
            else:
                own[key.value] = self.value(value)
        return merged | own

    def _merge(self, node: Any, merged: dict[str, Any]) -> None:
        """Add the values of `<<: *anchor` or `<<: [*first, *second]`; the first one wins.

        Adds in place: a copy for each `<<` would take quadratic time.
        """
        nodes = node.value if isinstance(node, self._yaml.SequenceNode) else [node]
        for item in nodes:
            if not isinstance(item, self._yaml.MappingNode):
                line = node.start_mark.line + 1
                raise UsageError(
                    f"{self._path}, line {line}: '<<' must name a mapping.",
                    hint="Write <<: *NAME, where &NAME stands before a mapping.",
                )
            for key, value in self.value(item).items():
                merged.setdefault(key, value)
