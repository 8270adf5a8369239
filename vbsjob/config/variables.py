"""Environment variables that vbsjob reads in addition to those of its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

UNSUPPORTED_SCOPES = ("trust_id", "system_scope")
"""Settings of keystoneauth for another scope than a project: refused, not ignored."""
UNSUPPORTED_IDENTITY = (
    *("agency_name", "agency_domain_id", "agency_domain_name", "delegated_project"),
    *("identity_provider", "protocol", "access_token", "client_id", "discovery_endpoint"),
)
"""Settings of other programs that choose who signs in; vbsjob ignores them with a note."""
OTHER_VARIABLES = {
    "OS_CLIENT_CONFIG_FILE": "Path of clouds.yaml.",
    "OS_CLIENT_SECURE_FILE": "Path of secure.yaml.",
    "OS_CLIENT_VENDOR_FILE": "Path of clouds-public.yaml.",
    "HTTPS_PROXY": "Proxy for https; the four proxy variables are also read in lower case.",
    "HTTP_PROXY": "Proxy for http.",
    "ALL_PROXY": "Proxy for both.",
    "NO_PROXY": "Hosts that are connected to without a proxy.",
    "SSL_CERT_FILE": "File with the CA certificates to trust, if cacert is not set.",
    "SSL_CERT_DIR": "Directories with the CA certificates to trust, separated by colons.",
    "AWS_ACCESS_KEY_ID": "If it is the access key too, AWS_SESSION_TOKEN is its session token.",
    "AWS_SESSION_TOKEN": "Session token of a temporary access key; see AWS_ACCESS_KEY_ID.",
    "NO_COLOR": "No colours, unless --color is given.",
    "FORCE_COLOR": "Colours also without a terminal.",
    "TERM": "'dumb' and '' mean that the terminal cannot draw.",
    "TERM_PROGRAM": "Name of the terminal: which sequences it has for progress and notifications.",
    "TERM_FEATURES": "Features of iTerm2; 'P' means that it shows progress.",
    "WT_SESSION": "Windows Terminal: it shows progress.",
    "ConEmuANSI": "ConEmu: it shows progress if this is 'ON'.",
    "PTYXIS_VERSION": "Version of the terminal Ptyxis; it shows progress from version 48.",
    "ACCESSIBLE": "Progress as plain lines, for screen readers.",
    "CI": "Progress as plain lines, for logs.",
    "GITHUB_OUTPUT": "File that --github writes outputs to.",
    "GITHUB_STEP_SUMMARY": "File that --github writes its summary to.",
    "HOME": "Directory of the user's files.",
    "XDG_CONFIG_HOME": "Directory of config.toml and clouds.yaml, instead of ~/.config.",
    "XDG_CACHE_HOME": "Directory of stored tokens, instead of ~/.cache.",
    "XDG_STATE_HOME": "Directory of the history, instead of ~/.local/state.",
}
"""Each variable with one sentence that says what it does."""
OTHER_VARIABLES |= {
    **{f"OS_{name.upper()}": "Not supported: vbsjob refuses it." for name in UNSUPPORTED_SCOPES},
    **{f"OS_{name.upper()}": "Not supported: a note says so." for name in UNSUPPORTED_IDENTITY},
}


def variables_in_use(env: Mapping[str, str]) -> list[str]:
    """Return those of OTHER_VARIABLES that are set, as they are spelled."""
    proxies = [name.lower() for name in OTHER_VARIABLES if name.endswith("_PROXY")]
    return [name for name in (*OTHER_VARIABLES, *proxies) if env.get(name)]
