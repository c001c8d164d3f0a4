"""Try -p text='Bob: I want my money back' and -p text='Eve: how are you?'."""

# Made by pipeglot from pipeline "nested_branching", digest 1e152956ffe8.

import functools
import json
import traceback
import typing
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task
from pydantic import TypeAdapter
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


with DAG(
    dag_id="nested_branching",
    description="Try -p text='Bob: I want my money back' and -p text='Eve: how are you?'.",
    schedule=None,
    catchup=False,
    params={
        "text": Param("Ada: your site is down!!", type="string"),
        "wake_up_at": Param(2, type="integer", minimum=1),
    },
) as dag:

    @task(task_id="read_ticket")
    def read_ticket_task(params=None):
        return json_io(read_ticket)(text=params["text"])

    @task.branch(task_id="if_page_engineer_2")
    def if_page_engineer_2_task(read_ticket_out):
        if read_ticket_out["topic"] == "outage":
            return "if_page_engineer"
        if read_ticket_out["topic"] == "refund":
            return "refund"
        return "reply"

    @task.branch(task_id="if_page_engineer")
    def if_page_engineer_task(read_ticket_out, params=None):
        if read_ticket_out["urgency"] >= params["wake_up_at"]:
            return "page_engineer"
        return "open_incident"

    @task(task_id="page_engineer")
    def page_engineer_task(read_ticket_out):
        return json_io(page_engineer)(customer=read_ticket_out["customer"])

    @task(task_id="open_incident")
    def open_incident_task(read_ticket_out):
        return json_io(open_incident)(customer=read_ticket_out["customer"])

    @task(task_id="handled", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def handled_task(page_engineer_out, open_incident_out):
        return next(
            (v for v in [page_engineer_out, open_incident_out] if v is not None),
            None,
        )

    @task(task_id="refund")
    def refund_task(read_ticket_out):
        return json_io(refund)(customer=read_ticket_out["customer"])

    @task(task_id="reply")
    def reply_task(read_ticket_out):
        return json_io(reply)(
            customer=read_ticket_out["customer"],
            answer="we will come back to you",
        )

    @task(
        task_id="handled_merged",
        trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
    )
    def handled_merged_task(handled, refund_out, reply_out):
        return next(
            (v for v in [handled, refund_out, reply_out] if v is not None),
            None,
        )

    @task(task_id="close")
    def close_task(handled_merged):
        return json_io(close)(done=handled_merged)

    read_ticket_out = read_ticket_task()
    if_page_engineer_2 = if_page_engineer_2_task(read_ticket_out)
    if_page_engineer = if_page_engineer_task(read_ticket_out)
    page_engineer_out = page_engineer_task(read_ticket_out)
    open_incident_out = open_incident_task(read_ticket_out)
    handled = handled_task(page_engineer_out, open_incident_out)
    refund_out = refund_task(read_ticket_out)
    reply_out = reply_task(read_ticket_out)
    handled_merged = handled_merged_task(handled, refund_out, reply_out)
    close_task(handled_merged)
    if_page_engineer_2 >> [if_page_engineer, refund_out, reply_out]
    if_page_engineer >> [page_engineer_out, open_incident_out]


if __name__ == "__main__":
    dag.test()
