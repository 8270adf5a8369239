"""The jobs of the sandbox: their steps, and the JSON document of a job at an age.

Pure functions. Every `--help` imports this module for the names of the jobs, so it must be cheap to
import: a named tuple class is created in a third of the time of a dataclass.
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
    """A job or a sub-job. Times are in seconds after the beginning of the job."""

    type: str
    start: float
    end: float
    entities: Mapping[str, float] = MappingProxyType({})
    """When each entity appears in the document, by its name."""
    sub_steps: tuple[Step, ...] = ()
    error: tuple[str | None, str | None] | None = None
    """Error code and reason of a step that fails; the service can leave both empty."""


def _backup() -> Step:
    entities = {"bks_create_volume_name": 0, "volume_id": 0, "snapshot_id": 4, "backup_id": 9}
    return Step("bksCreateBackup", 0, 20, entities)


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
    entities = {"backup_id": 0.0, "volume_id": 0.0}
    return Step("bksRestoreBackup", 0, 12, entities, steps, error=(None, "sub job fail"))


def _endless() -> Step:
    return Step("bksCreateBackup", 0, float("inf"), {"volume_id": 0, "snapshot_id": 3})


def _thousand() -> Step:
    blocks = (Step("copyBlock", n / 40, n / 40 + 5, {"block_id": n / 40}) for n in range(1000))
    return Step("bksDeleteBackup", 0, 30, {"backup_id": 0}, tuple(blocks))


class Scenario(NamedTuple):
    """A kind of job: one line for the help, and its steps."""

    summary: str
    steps: Callable[[], Step]


SCENARIOS = {
    "backup": Scenario("a backup, 20 s, SUCCESS", cache(_backup)),
    "restore": Scenario("a restore with nested sub-jobs, 40 s, SUCCESS", cache(_restore)),
    "fail-deep": Scenario("a restore that fails at level 3, 12 s, FAIL", cache(_fail_deep)),
    "endless": Scenario("a backup that never ends, RUNNING", cache(_endless)),
    "thousand": Scenario("a deletion with 1000 sub-jobs, 30 s, SUCCESS", cache(_thousand)),
}


class Words(NamedTuple):
    """The words in the jobs of another service, in place of those of the backup service."""

    single: str
    """The type of a job without sub-jobs."""
    batch: str
    """The type of a job with sub-jobs."""
    sub_job: str
    entity: str
    error_code: str

    def step(self, step: Step, job_type: str | None = None) -> Step:
        """Return a step of the backup service as one of this service, with the same times."""
        return step._replace(
            type=job_type or (self.batch if step.sub_steps else self.single),
            entities={self.entity: min(step.entities.values())} if step.entities else {},
            sub_steps=tuple(self.step(sub_step, self.sub_job) for sub_step in step.sub_steps),
            error=(self.error_code, None) if step.error and step.error[0] else step.error,
        )


OTHER_SERVICES = {
    "evs": Words("extendVolume", "batchCreateVolume", "createVolume", "volume_id", "EVS.5400"),
    "ecs": Words("attachVolume", "createServer", "createSingleServer", "server_id", "Ecs.0219"),
    "ims": Words(
        "createImageByInstance", "imsImportImageJob", "imsImportImageJob", "image_id", "IMG.0132"
    ),
    "bms": Words(
        "baremetalSingleOperate", "baremetalBatchOperate", "baremetalSingleOperate",
        "server_id", "BMS.0219",
    ),
    "sdrs": Words(
        "createProtectedInstance", "stopProtectionGroupNoCG", "stopProtectionGroupRepNoCG",
        "server_group_id", "EVS.2024",
    ),
}  # fmt: skip
"""By the names of auth.catalog.SERVICES. Types and codes are those of the services' documents."""


class Plan(NamedTuple):
    """A job or sub-job with its ids and times as text: computed once, queried often."""

    step: Step
    job_id: str
    begin_time: str
    end_time: str
    entities: tuple[tuple[str, float, str], ...]
    """Name, time of appearance and value of each entity."""
    sub_plans: tuple[Plan, ...]

    @classmethod
    def of(cls, service: str, job_id: str, began: datetime) -> Self | None:
        """Return the plan of a job of a service; None if no scenario has its name.

        A name can have a label, as in `backup-7`: that is another job of the same kind.
        """
        name = next((name for name in SCENARIOS if f"{job_id}-".startswith(f"{name}-")), None)
        if name is None:
            return None
        step, words = SCENARIOS[name].steps(), OTHER_SERVICES.get(service)
        return cls._of_step(words.step(step) if words else step, job_id, began)

    @classmethod
    def _of_step(cls, step: Step, job_id: str, began: datetime) -> Self:
        entities = tuple(
            (name, appears, _entity_id(job_id, name)) for name, appears in step.entities.items()
        )
        sub_plans = tuple(
            cls._of_step(sub_step, _entity_id(job_id, f"{number}/{sub_step.type}"), began)
            for number, sub_step in enumerate(step.sub_steps)
        )
        begin_time, end_time = _time(began, step.start), _time(began, step.end)
        return cls(step, job_id, begin_time, end_time, entities, sub_plans)

    def document(self, age: float) -> dict[str, Any]:
        """Return the document of the job `age` seconds after its beginning."""
        step = self.step
        status = "INIT" if age < step.start else "RUNNING"
        if age >= step.end:
            status = "SUCCESS" if step.error is None else "FAIL"
        code, reason = step.error if step.error and status == "FAIL" else (None, None)
        entities: dict[str, Any] = {
            name: value for name, appears, value in self.entities if age >= appears
        }
        if self.sub_plans:
            entities["sub_jobs"] = [sub_plan.document(age) for sub_plan in self.sub_plans]
        return {
            "status": status,
            "entities": entities,
            "job_id": self.job_id,
            "job_type": step.type,
            "begin_time": self.begin_time if status != "INIT" else "",
            "end_time": self.end_time if status in {"SUCCESS", "FAIL"} else "",
            "error_code": code,
            "fail_reason": reason,
        }


def _entity_id(job_id: str, name: str) -> str:
    """Return the same id for the same job and name: dashed for `_id`, 32 hex digits for others."""
    from uuid import NAMESPACE_URL, uuid5

    if name.endswith("_name"):
        return f"autobk_{job_id}"
    uuid = uuid5(NAMESPACE_URL, f"{job_id}/{name}")
    return str(uuid) if name.endswith("_id") else uuid.hex


def _time(began: datetime, seconds: float) -> str:
    if seconds == float("inf"):
        return ""
    time = began + timedelta(seconds=seconds)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
