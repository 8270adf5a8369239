"""The job API of the sandbox: jobs that begin at their first query, and faults on demand."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from vbsjob.errors import UsageError
from vbsjob.sandbox.messages import Response, service_error
from vbsjob.sandbox.scenarios import ENDED, Plan
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vbsjob.context import Context

ENDED_JOB_AGE = 3600.0
"""Seconds since the beginning of a job whose name ends in `-ended`, at its first query."""
FAULTS = ("429", "500", "502", "503", "504", "cut", "empty", "garbage", "slow")
SHARE = re.compile(r"0?\.[0-9]{1,9}|[01](\.0{1,9})?")


def parse_faults(arguments: Iterable[str]) -> dict[str, float]:
    """Return the share of each kind of fault from KIND=SHARE arguments.

    Raises UsageError if an argument is not valid, names a kind again, or the sum is above 1.
    """
    shares: dict[str, float] = {}
    for argument in arguments:
        kind, _, share = argument.partition("=")
        if kind not in FAULTS or kind in shares or not SHARE.fullmatch(share):
            raise UsageError(
                f"--fault: {printable(argument)[:80]!r} is not a valid KIND=SHARE, or repeats a"
                " kind.",
                hint=f"KIND is one of {', '.join(FAULTS)}; SHARE is a number from 0 to 1.",
            )
        shares[kind] = float(share)
    if sum(shares.values()) > 1:
        raise UsageError("--fault: the sum of the shares is above 1.", hint="Use smaller shares.")
    return shares


class Jobs:
    """The jobs, after authentication. May be used by several threads."""

    def __init__(self, context: Context, fault_shares: Mapping[str, float]) -> None:
        self._context = context
        self._fault_shares = fault_shares
        self._plans: dict[tuple[str, str], tuple[float, Plan]] = {}
        """By service and job id."""
        self._lock = threading.Lock()

    def show(self, service: str, job_id: str) -> Response:
        """Return the job of a service as it is now, or an injected fault. Raises RefusedError."""
        fault = self._draw_fault()
        if fault.isdigit():
            raise service_error(int(fault), fault, "this fault was requested with --fault")
        with self._lock:
            started, plan = self._plans.get((service, job_id)) or self._start(service, job_id)
        if plan is None:
            raise service_error(404, "common.0011", "query job fail")
        return Response(200, plan.document(self._context.monotonic() - started), fault=fault)

    def _draw_fault(self) -> str:
        """Return the kind of fault for this query; empty for no fault."""
        random = self._context.random()
        for kind, share in self._fault_shares.items():
            random -= share
            if random < 0:
                return kind
        return ""

    def _start(self, service: str, job_id: str) -> tuple[float, Plan | None]:
        age = ENDED_JOB_AGE if job_id.endswith(f"-{ENDED}") else 0.0
        plan = Plan.of(service, job_id, self._context.now() - timedelta(seconds=age))
        started = self._context.monotonic() - age
        if plan is not None:
            self._plans[service, job_id] = started, plan
        return started, plan
