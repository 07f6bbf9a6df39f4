"""Checking an order with pydantic: a bad order is nothing that trying again would mend."""

from decimal import Decimal

from pushwright import AbortTaskRun, Queue, log, task
from pydantic import BaseModel, Field, ValidationError


class Line(BaseModel):
    """One position of an order."""

    article: str = Field(min_length=1)
    quantity: int = Field(ge=1)
    unit_price: Decimal = Field(ge=0)


class Order(BaseModel):
    """What the caller sends."""

    number: str
    lines: list[Line] = Field(min_length=1)


@task(id="orders/total", queue=Queue(name="orders", concurrency_limit=2))
def total_order(payload: dict[str, object]) -> dict[str, str]:
    """Check an order and add up its lines."""
    try:
        order = Order.model_validate(payload)
    except ValidationError as error:
        raise AbortTaskRun(f"This is not an order: {error}") from error
    total = sum((line.quantity * line.unit_price for line in order.lines), Decimal(0))
    log.info("order checked", number=order.number, lines=len(order.lines))
    return {"number": order.number, "total": f"{total:.2f}"}
