"""Try -p text='Bob: I want my money back' and -p text='Eve: how are you?'."""

# Made by pipeglot from pipeline "nested_branching", digest 1e152956ffe8.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

import dagster as dg
from pydantic import Field, TypeAdapter
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict


class Ticket(TypedDict):
    customer: str
    topic: str
    urgency: int


def read_ticket(text: str) -> Ticket:
    """Find the customer, the topic, and how many exclamation marks it took to say it."""
    customer, _, message = text.partition(":")
    topics = {"down": "outage", "money": "refund"}
    topic = next((topics[word] for word in topics if word in message), "question")
    return {"customer": customer.strip(), "topic": topic, "urgency": message.count("!")}


def page_engineer(customer: str) -> str:
    return f"an engineer was woken up for {customer}"


def open_incident(customer: str) -> str:
    return f"an incident was opened for {customer}"


def refund(customer: str) -> str:
    return f"{customer} was refunded"


def reply(customer: str, answer: str) -> str:
    return f"Dear {customer}, {answer}."


def close(done: str) -> str:
    return f"closed: {done}"


class NestedBranchingParams(dg.ConfigurableResource):
    text: str = "Ada: your site is down!!"
    wake_up_at: int = Field(default=2, ge=1)


# golden: shared/json_io.py


# All pipelines share one namespace of ops: hence the prefix, and an alias at each call.
@dg.op(
    name="nested_branching__read_ticket",
    description="Find the customer, the topic, and how many exclamation marks it took to say it.",
)
def read_ticket_op(params: NestedBranchingParams):
    return json_io(read_ticket)(text=params.text)


@dg.op(
    name="nested_branching__if_page_engineer_2",
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "elif_1": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_page_engineer_2_op(read_ticket):
    if read_ticket["topic"] == "outage":
        yield dg.Output(None, "then")
    elif read_ticket["topic"] == "refund":
        yield dg.Output(None, "elif_1")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(
    name="nested_branching__if_page_engineer",
    ins={"when": dg.In(dg.Nothing)},
    out={
        "then": dg.Out(dg.Nothing, is_required=False),
        "otherwise": dg.Out(dg.Nothing, is_required=False),
    },
)
def if_page_engineer_op(params: NestedBranchingParams, read_ticket):
    if read_ticket["urgency"] >= params.wake_up_at:
        yield dg.Output(None, "then")
    else:
        yield dg.Output(None, "otherwise")


@dg.op(name="nested_branching__page_engineer", ins={"when": dg.In(dg.Nothing)})
def page_engineer_op(customer):
    return json_io(page_engineer)(customer=customer["customer"])


@dg.op(name="nested_branching__open_incident", ins={"when": dg.In(dg.Nothing)})
def open_incident_op(customer):
    return json_io(open_incident)(customer=customer["customer"])


@dg.op(name="nested_branching__handled")
def handled_op(values: list):
    return values[0]


@dg.op(name="nested_branching__refund", ins={"when": dg.In(dg.Nothing)})
def refund_op(customer):
    return json_io(refund)(customer=customer["customer"])


@dg.op(name="nested_branching__reply", ins={"when": dg.In(dg.Nothing)})
def reply_op(customer):
    return json_io(reply)(
        customer=customer["customer"], answer="we will come back to you"
    )


@dg.op(name="nested_branching__handled_merged")
def handled_merged_op(values: list):
    return values[0]


@dg.op(name="nested_branching__close")
def close_op(done):
    return json_io(close)(done=done)


@dg.job(
    resource_defs={"params": NestedBranchingParams.configure_at_launch()},
    description="Try -p text='Bob: I want my money back' and -p text='Eve: how are you?'.",
)
def nested_branching():
    read_ticket = read_ticket_op.alias("read_ticket")()
    if_page_engineer_2 = if_page_engineer_2_op.alias("if_page_engineer_2")(
        read_ticket=read_ticket
    )
    if_page_engineer = if_page_engineer_op.alias("if_page_engineer")(
        read_ticket=read_ticket, when=if_page_engineer_2.then
    )
    page_engineer = page_engineer_op.alias("page_engineer")(
        customer=read_ticket, when=if_page_engineer.then
    )
    open_incident = open_incident_op.alias("open_incident")(
        customer=read_ticket, when=if_page_engineer.otherwise
    )
    handled = handled_op.alias("handled")(values=[page_engineer, open_incident])
    refund = refund_op.alias("refund")(
        customer=read_ticket, when=if_page_engineer_2.elif_1
    )
    reply = reply_op.alias("reply")(
        customer=read_ticket, when=if_page_engineer_2.otherwise
    )
    handled_merged = handled_merged_op.alias("handled_merged")(
        values=[handled, refund, reply]
    )
    close_op.alias("close")(done=handled_merged)


defs = dg.Definitions(jobs=[nested_branching])
