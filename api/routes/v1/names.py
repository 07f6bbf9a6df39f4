"""Names in paths, of the form they must have."""

from typing import Annotated

from fastapi import Path

LARGEST_ID = 2**63 - 1

Slug = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$", description="the project's name")]
Preview = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,80}$", description="the preview's name")]
Installation = Annotated[int, Path(ge=1, le=LARGEST_ID, description="GitHub's number of the installation")]
Delivery = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,80}$", description="the delivery's GUID")]
