"""The jobs of the sandbox; each begins at its first query."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from vbsjob.sandbox import account, faults
from vbsjob.sandbox.messages import Response, service_error
from vbsjob.sandbox.scenarios import ENDED, Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vbsjob.context import Context

ENDED_JOB_AGE = 3600.0
"""Seconds since the beginning of a job whose name ends in `-ended`, at its first query."""


class JobService:
    """The job API after authentication. May be used by several threads."""

    def __init__(self, context: Context, fault_shares: Mapping[str, float]) -> None:
        self._context = context
        self._fault_shares = fault_shares
        self._plans: dict[str, tuple[float, Plan]] = {}
        self._lock = threading.Lock()

    def show(self, project_id: str, job_id: str) -> Response:
        """Return the job as it is now, or an injected fault. Raises RefusedError."""
        fault = faults.draw(self._fault_shares, self._context.random())
        if fault.isdigit():
            raise service_error(int(fault), fault, "this fault was requested with --fault")
        started, plan = 0.0, None
        if project_id == account.PROJECT.id:
            with self._lock:
                started, plan = self._plans.get(job_id) or self._start(job_id)
        if plan is None:
            raise service_error(404, "common.0011", "query job fail")
        return Response(200, plan.document(self._context.monotonic() - started), fault=fault)

    def _start(self, job_id: str) -> tuple[float, Plan | None]:
        age = ENDED_JOB_AGE if job_id.endswith(f"-{ENDED}") else 0.0
        plan = Plan.of(job_id, self._context.now() - timedelta(seconds=age))
        started = self._context.monotonic() - age
        if plan is not None:
            self._plans[job_id] = started, plan
        return started, plan
