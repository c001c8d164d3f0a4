"""Try -p text='Bob: I want my money back' and -p text='Eve: how are you?'."""

# Made by pipeglot from pipeline "nested_branching", digest 1e152956ffe8.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Annotated, Any

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.states import Failed
from pydantic import Field, StrictInt, StrictStr, TypeAdapter
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


# golden: shared/json_io.py


# golden: shared/unfinished.py


read_ticket_task = task(json_io(read_ticket), name="read_ticket")
close_task = task(json_io(close), name="close")


@task(name="page_engineer")
def page_engineer_task(customer):
    return json_io(page_engineer)(customer=customer["customer"])


@task(name="open_incident")
def open_incident_task(customer):
    return json_io(open_incident)(customer=customer["customer"])


@task(name="refund")
def refund_task(customer):
    return json_io(refund)(customer=customer["customer"])


@task(name="reply")
def reply_task(customer):
    return json_io(reply)(
        customer=customer["customer"],
        answer="we will come back to you",
    )


@flow(name="nested_branching")
def nested_branching(
    text: StrictStr = "Ada: your site is down!!",
    wake_up_at: Annotated[StrictInt, Field(ge=1)] = 2,
):
    """Try -p text='Bob: I want my money back' and -p text='Eve: how are you?'."""
    runs: list[Any] = []
    read_ticket = read_ticket_task.submit(text)
    if stopped := unfinished(read_ticket):
        handled_merged = stopped
    elif read_ticket.result()["topic"] == "outage":
        if read_ticket.result()["urgency"] >= wake_up_at:
            page_engineer = page_engineer_task.submit(read_ticket)
            handled = page_engineer
            runs += [page_engineer]
        else:
            open_incident = open_incident_task.submit(read_ticket)
            handled = open_incident
            runs += [open_incident]
        handled_merged = handled
    elif read_ticket.result()["topic"] == "refund":
        refund = refund_task.submit(read_ticket)
        handled_merged = refund
        runs += [refund]
    else:
        reply = reply_task.submit(read_ticket)
        handled_merged = reply
        runs += [reply]
    close = close_task.submit(handled_merged)
    runs += [read_ticket, close]
    if failed := unfinished(runs):
        return Failed(message=f"{len(failed)} task runs did not complete")
    return close.result()


if __name__ == "__main__":
    nested_branching()
