import six
from pushwright import task


@task(id="one")
def one(payload: dict[str, str]) -> dict[str, str]:
    """Tell what was imported."""
    return {**payload, "found": six.__version__}
