"""What one run did, the same for every engine: the JSON contract `pipeglot.record/1`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)
from pydantic_core import CoreSchema, PydanticSerializationError, core_schema

from pipeglot.core.memory import no_collection

FORMAT: Literal["pipeglot.record/1"] = "pipeglot.record/1"

CallState: TypeAlias = Literal["succeeded", "failed", "skipped", "blocked", "cancelled"]
"""`cancelled`: the run was interrupted before the call ended; only in records whose state is `cancelled`."""

RunState: TypeAlias = Literal["succeeded", "failed", "cancelled"]


def _utc(value: datetime) -> str:
    text = value.isoformat(timespec="microseconds")
    if not text.endswith("+00:00"):  # most are in UTC already
        text = value.astimezone(timezone.utc).isoformat(timespec="microseconds")
    return text[:-6] + "Z"


_WRITTEN = "an instant is written as 2026-01-31T02:00:00Z"


class _NoNumber:
    """Seconds since 1970 are no way to write an instant: a mistyped one would be some day in 1970. Of JSON, where there may
    be hundreds of thousands, this is said in words that pydantic checks without calling Python."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        instant = handler(source)
        text = core_schema.custom_error_schema(
            core_schema.str_schema(strict=True, pattern="(?s)^.{4}-"),
            "value_error",
            custom_error_context={"error": _WRITTEN},
        )
        return core_schema.json_or_python_schema(
            core_schema.chain_schema([text, instant]),
            core_schema.no_info_before_validator_function(self._checked, instant),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(core_schema.datetime_schema())

    @staticmethod
    def _checked(value: Any) -> Any:
        if isinstance(value, int | float) or (isinstance(value, str) and value[4:5] != "-"):
            raise ValueError(_WRITTEN)
        return value


def _instant(value: str) -> str:
    if datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo is None:
        raise ValueError("it has no time zone")
    return value


Time: TypeAlias = Annotated[AwareDatetime, _NoNumber(), PlainSerializer(_utc, when_used="json")]
"""An aware instant, written in UTC with microseconds."""

Count: TypeAlias = Annotated[int, Field(strict=True, ge=0)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Failure(Part):
    """The error of the last attempt: type name and message, never a traceback."""

    type: str
    message: str


class CallRecord(Part):
    """One execution of a call instance (or a region that failed to decide, under its own id).

    `index` is the path of item numbers of the enclosing loops, outermost first, from 0; a call of a loop that never
    expanded is recorded once, at the index path reached so far. `observed` is False when the engine left no trace
    and the state was derived from the observed ones. `started` and `ended` are None when nothing was attempted.
    The `output` of a call that succeeded, or whose failure is tolerated, is not set where its engine did not keep it,
    and in JSON it is absent. `told` is what the Final was told of the run (`Ctx.state`), where that is known; else None, and in JSON absent.
    """

    id: str
    index: tuple[Count, ...] = ()
    state: CallState
    observed: bool = True
    tolerated: bool = False
    attempts: Count = 0
    started: Time | None = None
    ended: Time | None = None
    output: Any = None
    error: Failure | None = None
    told: RunState | None = None

    @property
    def output_known(self) -> bool:
        """Whether `output` is what the call gave: what has not succeeded gave what it has, None if nothing."""
        return "output" in self.__pydantic_fields_set__ or not self.gave

    @property
    def gave(self) -> bool:
        """Whether others could take a value from it: it succeeded, or its failure is tolerated."""
        return self.state == "succeeded" or self.tolerated

    @model_serializer(mode="wrap")
    def _without_unknown(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return self._known(plain(self))

    def _known(self, written: dict[str, Any]) -> dict[str, Any]:
        if not self.output_known:
            written.pop("output", None)
        if written["told"] is None:
            del written["told"]
        return written

    def as_json(self) -> dict[str, Any]:
        """What its JSON says, ready to be written: the same as pydantic finds, without being asked for each field."""
        written = self._known({**self.__dict__})
        for name in ("started", "ended"):
            time: datetime | None = written[name]
            if time is not None and (not time.microsecond or time.utcoffset()):
                written[name] = _utc(time)  # any other pydantic writes just so, and faster
        return written


class Record(Part):
    """One run of a pipeline on one engine.

    A call instance that ran more than once has an entry in `calls` for every execution, each with the same id and index:
    a call made twice, two native tasks that stand for one call, a run that its engine began again.

    Attributes:
        attempts: how often the engine began the run as a whole: a flow's retries, run retries, cleared runs. In JSON
            it is absent when it is 1.
        result: what the run gave. One made of outputs that the engine did not keep is not set, and in JSON absent.
        result_observed: the engine itself kept the result; else it is computed from outputs, and in JSON this is absent.

    >>> from pipeglot import Record, pipeline
    >>> @pipeline
    ... def nightly(limit: int = 3) -> int:
    ...     return limit
    >>> record = nightly.run()
    >>> record.state, record.result, Record.from_json(record.to_json()) == record
    ('succeeded', 3, True)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    format: Literal["pipeglot.record/1"] = Field(default=FORMAT, alias="schema")
    pipeline: str
    engine: str
    engine_version: str
    state: RunState
    params: dict[str, Any] = Field(default_factory=dict)
    logical_date: Annotated[str, AfterValidator(_instant)] | None = None
    run_id: str | None = None
    started: Time | None = None
    ended: Time | None = None
    attempts: Annotated[int, Field(strict=True, ge=1)] = 1
    result: Any = None
    result_observed: bool = False
    calls: tuple[CallRecord, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def result_known(self) -> bool:
        """Whether `result` is what the run gave, None if nothing."""
        return "result" in self.model_fields_set or all(call.output_known for call in self.calls)

    @model_serializer(mode="wrap")
    def _without_unknown(self, plain: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        # Calls are written one by one: within `plain` they would all be turned to dicts first, and those written then.
        written: dict[str, Any] = plain(self.model_copy(update={"calls": ()}))
        if "calls" in written:
            written["calls"] = (call.as_json() for call in self.calls) if info.mode == "json" else self.calls
        if not self.result_known:
            written.pop("result", None)
        for name, usual in (("attempts", 1), ("result_observed", False)):
            if written[name] == usual:
                del written[name]
        return written

    def to_json(self) -> str:
        """The JSON text of the contract, ending in a newline; half a Unicode character in it is written as its escape."""
        return json_text(self, indent=2)

    @classmethod
    @no_collection()
    def from_json(cls, text: str) -> Record:
        """Read `to_json`'s text; raises pydantic's ValidationError when it is not a record of this version."""
        record = cls.model_validate_json(text)
        known: dict[frozenset[str], set[str]] = {}
        places: dict[tuple[int, ...], tuple[int, ...]] = {}
        last = None
        for call in record.calls:  # sets of their own would be a third of the memory
            given = call.__pydantic_fields_set__
            if given != last:
                last = known.setdefault(frozenset(given), given)
            object.__setattr__(call, "__pydantic_fields_set__", last)
            call.__dict__["index"] = places.setdefault(call.index, call.index)
        if "format" not in record.model_fields_set:
            raise ValidationError.from_exception_data(
                "Record", [{"type": "missing", "loc": ("schema",), "input": None}]
            )
        return record


def json_text(model: BaseModel, *, indent: int | None) -> str:
    """The JSON text of a contract, ending in a newline. Half a Unicode character (a lone surrogate), which an engine can
    hand on and no file can hold, is written as the text of its escape.

    >>> "a\\\\\\\\ud801" in json_text(Failure(type="ValueError", message="a\\ud801"), indent=None)
    True
    """
    try:
        text = model.model_dump_json(by_alias=True, indent=indent)
    except PydanticSerializationError:
        text = writable(model).model_dump_json(by_alias=True, indent=indent)
    return text + "\n"


def writable(value: Any) -> Any:
    """A value, models in it too, with the escapes of half characters in their place."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode("utf-8")
        case dict():
            return {writable(key): writable(one) for key, one in value.items()}
        case list() | tuple():
            return type(value)(map(writable, value))
        case BaseModel():
            return value.model_copy(update={name: writable(getattr(value, name)) for name in value.model_fields_set})
    return value


def last_executions(calls: Iterable[CallRecord]) -> dict[tuple[str, tuple[int, ...]], CallRecord]:
    """What each call instance came to, by id and index: of several executions the one that ended last, and of those that
    ended together, or whose end is not known, the last named.

    >>> failed = CallRecord(id="a", state="failed", ended=datetime(2026, 3, 1, 2, tzinfo=timezone.utc))
    >>> again = CallRecord(id="a", state="succeeded", ended=datetime(2026, 3, 1, 3, tzinfo=timezone.utc))
    >>> last_executions([again, failed])["a", ()].state
    'succeeded'
    """
    calls = tuple(calls)
    found = {(call.id, call.index): call for call in calls}
    if len(found) == len(calls):  # as nearly always
        return found
    found = {}
    for call in calls:
        before = found.get((call.id, call.index))
        if before is None or before.ended is None or call.ended is None or call.ended >= before.ended:
            found[call.id, call.index] = call
    return found
