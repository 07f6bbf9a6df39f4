"""The smallest useful task."""

from pushwright import current_run, log, task


@task(id="greet", description="Greets someone by name.")
def greet(payload: dict[str, str]) -> dict[str, str]:
    """Say hello to the person the payload names."""
    name = payload.get("name", "world")
    log.info("greeting", name=name, attempt=current_run().attempt)
    return {"greeting": f"Hello, {name}!"}
