"""`POST /graphql`."""

from typing import Any

from fastapi import APIRouter
from graphql import GraphQLError, graphql_sync
from pydantic import BaseModel, Field

from github_app.simulator.graph.nodes import NodeWriter, Root
from github_app.simulator.graph.schema import load_schema
from github_app.simulator.objects import timestamp
from github_app.simulator.routes.access import Granted, Simulated

router = APIRouter()


class GraphQLRequest(BaseModel):
    """A query with its variables."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = Field(default=None, alias="operationName")


@router.post("/graphql")
def ask(simulation: Simulated, grant: Granted, asked: GraphQLRequest) -> dict[str, Any]:
    """Answer a query; what is wrong with it is answered with 200 and `errors`, as GitHub does."""
    budget = simulation.budgets.show("graphql")
    rate = {
        "cost": 1,
        "limit": budget.limit,
        "remaining": budget.remaining,
        "used": budget.used,
        "nodeCount": 0,
        "resetAt": timestamp(budget.resets_at),
    }
    result = graphql_sync(
        load_schema(),
        asked.query,
        root_value=Root(NodeWriter(simulation, grant), rate),
        variable_values=asked.variables,
        operation_name=asked.operation_name,
    )
    content: dict[str, Any] = {}
    if result.data is not None:
        content["data"] = result.data
    if result.errors:
        content["errors"] = [_describe(error) for error in result.errors]
    return content


def _describe(error: GraphQLError) -> dict[str, Any]:
    """Return an error in GitHub's form, which has the type beside the message."""
    shown: dict[str, Any] = dict(error.formatted)
    return {**shown.pop("extensions", {}), **shown}
