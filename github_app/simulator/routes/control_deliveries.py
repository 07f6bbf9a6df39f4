"""Losing, delaying and doubling deliveries, as a network does."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from github_app.simulator.refusals import not_found
from github_app.simulator.routes.access import Simulated

router = APIRouter(prefix="/_simulator/deliveries")


class Loss(BaseModel):
    """How many of the next deliveries are lost."""

    count: Annotated[int, Field(ge=0, le=10_000)] = 1


class Copies(BaseModel):
    """How many times a delivery is sent at once."""

    times: Annotated[int, Field(ge=2, le=100)] = 2


@router.post("/drop", status_code=204)
def drop(simulation: Simulated, loss: Loss) -> Response:
    """Lose the next deliveries."""
    simulation.courier.drop(loss.count)
    return Response(status_code=204)


@router.post("/duplicate", status_code=204)
def duplicate(simulation: Simulated, copies: Copies) -> Response:
    """Send the next delivery several times at once."""
    simulation.courier.duplicate(copies.times)
    return Response(status_code=204)


@router.put("/paused", status_code=204)
def pause(simulation: Simulated) -> Response:
    """Keep deliveries back."""
    simulation.courier.pause()
    return Response(status_code=204)


@router.delete("/paused", status_code=204)
def resume(simulation: Simulated) -> Response:
    """Send what was kept back."""
    simulation.courier.resume()
    return Response(status_code=204)


@router.post("/{delivery_id}/repeat", status_code=202)
def repeat(simulation: Simulated, delivery_id: int, copies: Copies) -> dict[str, Any]:
    """Send a known delivery again several times at once."""
    delivery = simulation.courier.repeat(delivery_id, copies.times)
    if delivery is None:
        raise not_found()
    return {"id": delivery.id, "guid": delivery.guid}
