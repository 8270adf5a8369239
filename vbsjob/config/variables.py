"""Environment variables that vbsjob reads in addition to those of its settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

UNSUPPORTED_SCOPES = ("trust_id", "system_scope")
"""Settings of keystoneauth for another scope than a project: refused, not ignored."""
UNSUPPORTED_IDENTITY = (
    *("agency_name", "agency_domain_id", "agency_domain_name", "delegated_project"),
    *("identity_provider", "protocol", "access_token", "client_id", "discovery_endpoint"),
    *("identity_provider_url", "service_provider_endpoint", "service_provider_entity_id"),
    *("oauth2_endpoint", "oauth2_client_id", "oauth2_client_secret"),
    *("consumer_key", "consumer_secret", "access_secret"),
)
"""Settings of other programs that choose who signs in; vbsjob ignores them with a note."""
OTHER_VARIABLES = {
    "OS_CLIENT_CONFIG_FILE": "Path of clouds.yaml.",
    "OS_CLIENT_SECURE_FILE": "Path of secure.yaml.",
    "OS_CLIENT_VENDOR_FILE": "Path of clouds-public.yaml.",
    "HTTPS_PROXY": "Proxy for https; the four proxy variables are also read in lower case.",
    "HTTP_PROXY": "Proxy for http.",
    "ALL_PROXY": "Proxy for both.",
    "NO_PROXY": "Hosts that are reached without a proxy.",
    "SSL_CERT_FILE": "File with the CA certificates to trust, if cacert is not set.",
    "SSL_CERT_DIR": "Directories with the CA certificates to trust, separated by colons.",
    "AWS_ACCESS_KEY_ID": "If it is the access key in use, AWS_SESSION_TOKEN belongs to it.",
    "AWS_SESSION_TOKEN": "Session token of a temporary access key; see AWS_ACCESS_KEY_ID.",
    "NO_COLOR": "Use no colours, unless --color is 'always'.",
    "FORCE_COLOR": "Use colours without a terminal too.",
    "TERM": "Kind of terminal; with 'dumb' or an empty value progress is plain lines.",
    "TERM_PROGRAM": "Name of the terminal; selects its sequences for progress and notifications.",
    "TERM_FEATURES": "Features of iTerm2; 'P' means that it shows progress.",
    "WT_SESSION": "Set by Windows Terminal, which shows progress.",
    "ConEmuANSI": "Set by ConEmu; it shows progress if the value is 'ON'.",
    "PTYXIS_VERSION": "Version of the terminal Ptyxis; it shows progress from version 48.",
    "ACCESSIBLE": "If set, progress is plain lines, for screen readers.",
    "CI": "If set, progress is plain lines, for logs.",
    "GITHUB_OUTPUT": "File that --github writes outputs to.",
    "GITHUB_STEP_SUMMARY": "File that --github writes its summary to.",
    "HOME": "Directory of the user's files.",
    "XDG_CONFIG_HOME": "Directory of config.toml and clouds.yaml, instead of ~/.config.",
    "XDG_CACHE_HOME": "Directory of stored tokens, instead of ~/.cache.",
    "XDG_STATE_HOME": "Directory of the history, instead of ~/.local/state.",
}
"""Each variable with one sentence that says what it does."""
OTHER_VARIABLES |= {
    **{
        f"OS_{name.upper()}": "Not supported: vbsjob ends with exit code 2."
        for name in UNSUPPORTED_SCOPES
    },
    **{
        f"OS_{name.upper()}": "Not supported: vbsjob ignores it and prints a note."
        for name in UNSUPPORTED_IDENTITY
    },
}


WRITTEN = re.compile(
    r"(?:(?:[0-9]+|ENTITIES|FAILURE|SUB_JOBS)_.+|JOB_ID|JOB_TYPE|STATUS|VERDICT|EXIT_CODE|ERROR_CODE"
    r"|FAIL_REASON|ELAPSED_S|BEGIN_TIME|END_TIME|EXPECTED_END|SCHEMA_VERSION)"
)
"""Names behind VBSJOB_ that -o env and -o dotenv write: GitLab gives them to later jobs."""


def variables_in_use(env: Mapping[str, str]) -> list[str]:
    """Return those of OTHER_VARIABLES that are set, as they are spelled."""
    proxies = [name.lower() for name in OTHER_VARIABLES if name.endswith("_PROXY")]
    return [name for name in (*OTHER_VARIABLES, *proxies) if env.get(name)]
