import six
from shop import NAME
from pushwright import task


@task(id="one")
def one(payload: dict[str, str]) -> dict[str, str]:
    """Tell what was imported."""
    return {**payload, "found": NAME + six.__version__}
