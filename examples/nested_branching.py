"""Route a support ticket: a decision inside a decision, and one answer whichever way it went."""

from typing import Annotated

from typing_extensions import TypedDict

from pipeglot import Param, elsewhen, merge, otherwise, pipeline, step, when


class Ticket(TypedDict):
    customer: str
    topic: str
    urgency: int


@step
def read_ticket(text: str) -> Ticket:
    """Find the customer, the topic, and how many exclamation marks it took to say it."""
    customer, _, message = text.partition(":")
    topics = {"down": "outage", "money": "refund"}
    topic = next((topics[word] for word in topics if word in message), "question")
    return {"customer": customer.strip(), "topic": topic, "urgency": message.count("!")}


@step
def page_engineer(customer: str) -> str:
    return f"an engineer was woken up for {customer}"


@step
def open_incident(customer: str) -> str:
    return f"an incident was opened for {customer}"


@step
def refund(customer: str) -> str:
    return f"{customer} was refunded"


@step
def reply(customer: str, answer: str) -> str:
    return f"Dear {customer}, {answer}."


@step
def close(done: str) -> str:
    return f"closed: {done}"


@pipeline
def nested_branching(
    text: str = "Ada: your site is down!!",
    wake_up_at: Annotated[int, Param(ge=1)] = 2,
) -> str:
    """Try -p text='Bob: I want my money back' and -p text='Eve: how are you?'."""
    ticket = read_ticket(text)
    with when(ticket["topic"] == "outage"):
        with when(ticket["urgency"] >= wake_up_at):
            paged = page_engineer(ticket["customer"])
        with otherwise():
            opened = open_incident(ticket["customer"])
        handled = merge(paged, opened)
    with elsewhen(ticket["topic"] == "refund"):
        refunded = refund(ticket["customer"])
    with otherwise():
        replied = reply(ticket["customer"], "we will come back to you")
    return close(merge(handled, refunded, replied))
