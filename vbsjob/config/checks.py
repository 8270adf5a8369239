"""Checks of loaded settings: notes about ignored variables, and combinations that are refused.

A combination is refused if it would send a secret to an address that another source names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vbsjob.config import files
from vbsjob.config.precedence import ADDRESSES, BOUND, TRUST, is_same_address
from vbsjob.config.schema import PATH_VARIABLES, SECRET_KEYS, SETTINGS
from vbsjob.config.values import invalid, path
from vbsjob.errors import UsageError
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from vbsjob.config.clouds_yaml import CloudsFile
    from vbsjob.config.sources import SettingValue, Source
    from vbsjob.context import Context

PREFIX = "VBSJOB_"
UNEXPANDED = re.compile(r"\$(?:[A-Z_][A-Z0-9_]*|\{[A-Z_][A-Z0-9_]*\})")
SANDBOX = "sandbox"
"""Name of the built-in cloud, unless a file defines a cloud of that name."""


def is_named(cloud: SettingValue | None) -> bool:
    """Whether the user named the cloud; OS_CLOUD may be set for another program."""
    return cloud is not None and cloud.origin in {"--cloud", "VBSJOB_CLOUD"}


def wants_sandbox(cloud: SettingValue | None) -> bool:
    """Whether the built-in cloud is named in words: OS_CLOUD=sandbox may be a real cloud."""
    return cloud is not None and is_named(cloud) and cloud.value == SANDBOX


def report_ignored(
    cloud: SettingValue | None, ignored: list[SettingValue], context: Context
) -> None:
    """Print one note that names all values that belong to another cloud or user."""
    if not ignored:
        return
    origins = ", ".join(dict.fromkeys(value.origin for value in ignored))
    if cloud is not None and is_named(cloud):
        name = printable(str(cloud.value))
        why = f"{cloud.origin} chooses cloud {name!r}, which has its own settings"
    else:
        why = "a secret is used only with the user or the key that the same source sets"
    context.note(f"ignored: {origins} ({why}).")


def report_files(clouds_files: Iterable[CloudsFile], context: Context) -> None:
    """Warn of a file of another user; note secrets that other users can read (F70)."""
    for file in clouds_files:
        is_foreign = files.belongs_to_stranger(file.path)
        if is_foreign:
            context.warn(f"{file.path} belongs to another user, who can change what it sets.")
        has_secret = any(SECRET_KEYS & section.keys() for section in file.sections())
        if has_secret and files.mode(file.path) & 0o077:
            command = "" if is_foreign else f" Run: chmod 600 {file.path}"
            context.note(f"others can read the secrets in {file.path}.{command}")


def refuse_contents(context: Context) -> None:
    """Refuse the content of a file in a variable that contains a path; it may be a secret."""
    for name in PATH_VARIABLES:
        try:
            path(context.env.get(name, ""))
        except ValueError as error:
            raise invalid(f"{name}: the value", error) from None


def report_unexpanded(settings: Source, context: Context) -> None:
    """Print a note for each value that is the name of a shell variable, such as $OS_PASSWORD."""
    for name, value in settings.items():
        if name in BOUND and UNEXPANDED.fullmatch(str(value.value)):
            context.note(
                f"{value.origin} is the text of a shell variable, and is used as it is: neither"
                " vbsjob nor clouds.yaml replaces variables."
            )


def report_agency(values: Source, context: Context) -> None:
    """Warn about the variables of an agency for another program."""
    env = context.env.items()
    agency = ", ".join(sorted(n for n, value in env if n.startswith("HW_ASSUME_ROLE_") and value))
    if agency and "agency_name" not in values:
        context.warn(
            f"ignored: {agency}. To use the agency, set OS_AGENCY_NAME, OS_AGENCY_DOMAIN_NAME and"
            " OS_DELEGATED_PROJECT."
        )


def report_misspelt_variables(context: Context) -> None:
    """Print a note for each VBSJOB_* variable that is almost the one of a setting.

    Others are results of an earlier command: GitLab gives those of -o dotenv to later jobs.
    """
    suffixes = [setting.variable.removeprefix(PREFIX) for setting in SETTINGS]
    words = {name.removeprefix(PREFIX) for name in context.env if name.startswith(PREFIX)}
    for word in sorted(words.difference(suffixes)):
        from difflib import get_close_matches

        for similar in get_close_matches(word, suffixes, n=1, cutoff=0.8):
            name = f"{PREFIX}{printable(word)}"
            context.note(f"{name} is not a setting. Did you mean {PREFIX}{similar}?")


def refuse_other_address(cloud: SettingValue | None, values: Source, of_cloud: Source) -> None:
    """Refuse to send a cloud's secret to an OS_AUTH_URL that is not the address of that cloud."""
    auth_url = values.get("auth_url")
    if auth_url is None or "auth_url" not in of_cloud or is_same_address(of_cloud, values):
        return
    for secret in _secrets(values):
        if secret.file and not auth_url.file:
            name = printable(str(cloud.value)) if cloud is not None else "of clouds.yaml"
            raise UsageError(
                f"{secret.origin} would be sent to {auth_url.origin}, which is not the auth_url of"
                f" cloud {name!r} ({of_cloud['auth_url'].origin}).",
                hint=f"Unset {auth_url.origin}, or name the cloud with --cloud.",
            )


def refuse_mixture(values: Source) -> None:
    """Refuse to send a secret to an address, or to trust a peer, that a local file names (F75).

    A file in the working directory may have come with a download.
    """
    for name, local in _from_working_directory(values):
        receiver = "the address that {} names" if name in ADDRESSES else "the server that {} trusts"
        for secret in _secrets(values):
            if secret.file != local.file:
                raise UsageError(
                    f"{secret.origin} would be sent to {receiver.format(local.origin)}.",
                    hint="Set both in the same file, or use another working directory.",
                )


def _secrets(values: Source) -> list[SettingValue]:
    return [
        values[setting.name] for setting in SETTINGS if setting.secret and setting.name in values
    ]


def refuse_prompt(name: str, values: Mapping[str, SettingValue], *, named: bool) -> None:
    """Refuse to prompt for a secret if a file in the working directory says where it goes (F75).

    Such a file may have come with a download. Its addresses, and what it trusts, count only if
    the user named the cloud (`named`) and the auth_url is in such a file too: then the whole
    cloud is meant, and the prompt shows the host.
    """
    auth_url = values.get("auth_url")
    if named and auth_url is not None and auth_url.in_working_directory:
        return
    for setting, local in _from_working_directory(values):
        address = f" ({local.value})" if setting in ADDRESSES else ""
        hint = "Name the cloud with --cloud, or set the secret in the same file."
        if local is not auth_url:
            hint = "Remove it from that file, or use another working directory."
        raise UsageError(
            f"{name} is not set, and {local.origin}{address} is in a file in the working"
            " directory: vbsjob does not prompt for a secret that such a file could send"
            " elsewhere.",
            hint=hint,
        )


def _from_working_directory(
    values: Mapping[str, SettingValue],
) -> Iterator[tuple[str, SettingValue]]:
    """Yield name and value of addresses and trust that a file in the working directory sets."""
    for name in (*ADDRESSES, *TRUST):
        local = values.get(name)
        if local is not None and local.in_working_directory:
            yield name, local
