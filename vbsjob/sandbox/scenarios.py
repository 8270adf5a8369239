"""What jobs the sandbox has: each a plan of steps, and the document it makes at an age.

Pure and cheap to import, for the help lists the names from here: a named tuple is made in a
third of a dataclass's time. Refuses to serve or to wait.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

ENDED = "ended"
VOLUME = {"volume_id": 0.0}


class Step(NamedTuple):
    """A piece of work from `start` to `end`, in seconds after its job began."""

    type: str
    start: float
    end: float
    entities: Mapping[str, float] = MappingProxyType({})
    """When each entity becomes known."""
    below: tuple[Step, ...] = ()
    error: tuple[str | None, str | None] | None = None
    """For a step that fails: its code and reason, which the service may leave empty."""


def _backup() -> Step:
    known = {"bks_create_volume_name": 0, "volume_id": 0, "snapshot_id": 4, "backup_id": 9}
    return Step("bksCreateBackup", 0, 20, known)


def _restore() -> Step:
    blocks = tuple(
        Step("copyBlock", 10 + 5 * n, 16 + 5 * n, {"block_id": 10 + 5 * n}) for n in range(4)
    )
    volume = (
        Step("detachVolume", 5, 10, VOLUME),
        Step("copyData", 10, 31, VOLUME, blocks),
        Step("attachVolume", 31, 36, VOLUME),
    )
    steps = (
        Step("checkBackup", 0, 5, {"backup_id": 0}),
        Step("restoreVolume", 5, 36, VOLUME, volume),
        Step("cleanUp", 36, 40),
    )
    return Step("bksRestoreBackup", 0, 40, {"backup_id": 0, "volume_id": 0}, steps)


def _fail_deep() -> Step:
    broken = ("VolumeBackup.0202", "volume is in error state while copying")
    volume = (
        Step("detachVolume", 3, 5, VOLUME),
        Step("copyData", 5, 10, {"volume_id": 5, "snapshot_id": 6}, error=broken),
    )
    steps = (
        Step("checkBackup", 0, 3, {"backup_id": 0}),
        Step("restoreVolume", 3, 11, VOLUME, volume, error=(None, None)),
    )
    known = {"backup_id": 0.0, "volume_id": 0.0}
    return Step("bksRestoreBackup", 0, 12, known, steps, error=(None, "sub job fail"))


def _endless() -> Step:
    return Step("bksCreateBackup", 0, float("inf"), {"volume_id": 0, "snapshot_id": 3})


def _thousand() -> Step:
    blocks = (Step("copyBlock", n / 40, n / 40 + 5, {"block_id": n / 40}) for n in range(1000))
    return Step("bksDeleteBackup", 0, 30, {"backup_id": 0}, tuple(blocks))


class Scenario(NamedTuple):
    """A kind of job: what help says of it, and its steps."""

    text: str
    steps: Callable[[], Step]


SCENARIOS = {
    "backup": Scenario("a backup, 20 s, SUCCESS", cache(_backup)),
    "restore": Scenario("a restore with nested sub-jobs, 40 s, SUCCESS", cache(_restore)),
    "fail-deep": Scenario("a restore that fails three levels down, 12 s, FAIL", cache(_fail_deep)),
    "endless": Scenario("a backup that never ends, RUNNING", cache(_endless)),
    "thousand": Scenario("a deletion with 1000 sub-jobs, 30 s, SUCCESS", cache(_thousand)),
}


class Plan(NamedTuple):
    """One job's step with its ids and times written out once, for it is asked about often."""

    step: Step
    job_id: str
    begins: str
    ends: str
    entities: tuple[tuple[str, float, str], ...]
    below: tuple[Plan, ...]

    @classmethod
    def of(cls, job_id: str, began: datetime) -> Self | None:
        """Return the plan of a job by its id; None where no recipe has that name.

        A name may be followed by a label of one's own, `backup-7`: another job of its kind.
        """
        name = next((name for name in SCENARIOS if f"{job_id}-".startswith(f"{name}-")), None)
        return None if name is None else cls._made(SCENARIOS[name].steps(), job_id, began)

    @classmethod
    def _made(cls, step: Step, job_id: str, began: datetime) -> Self:
        known = tuple((name, at, _id(job_id, name)) for name, at in step.entities.items())
        below = tuple(
            cls._made(sub, _id(job_id, f"{number}/{sub.type}"), began)
            for number, sub in enumerate(step.below)
        )
        return cls(step, job_id, _time(began, step.start), _time(began, step.end), known, below)

    def document(self, age: float) -> dict[str, Any]:
        """Return what the service tells of the job `age` seconds after it began."""
        step = self.step
        status = "INIT" if age < step.start else "RUNNING"
        if age >= step.end:
            status = "SUCCESS" if step.error is None else "FAIL"
        code, reason = step.error if step.error and status == "FAIL" else (None, None)
        entities: dict[str, Any] = {name: made for name, at, made in self.entities if age >= at}
        if self.below:
            entities["sub_jobs"] = [sub.document(age) for sub in self.below]
        return {
            "status": status,
            "entities": entities,
            "job_id": self.job_id,
            "job_type": step.type,
            "begin_time": self.begins if status != "INIT" else "",
            "end_time": self.ends if status in {"SUCCESS", "FAIL"} else "",
            "error_code": code,
            "fail_reason": reason,
        }


def _id(job_id: str, name: str) -> str:
    from uuid import NAMESPACE_URL, uuid5

    if name.endswith("_name"):
        return f"autobk_{job_id}"
    made = uuid5(NAMESPACE_URL, f"{job_id}/{name}")
    return str(made) if name.endswith("_id") else made.hex


def _time(began: datetime, seconds: float) -> str:
    if seconds == float("inf"):
        return ""
    at = began + timedelta(seconds=seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
