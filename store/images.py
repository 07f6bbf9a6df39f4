"""Images of deployments: their task manifests, where they came from, and which may be used again."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql

from domain.builds import TaskManifest
from domain.deployments import Deployment, DeploymentStatus
from domain.identifiers import DeploymentId, EnvironmentId
from domain.records import ImageOrigin
from store.rows import deployment_of, storable
from store.tables import deployments, task_manifests


def save_manifest(connection: Connection, deployment_id: DeploymentId, document: str, task_ids: Sequence[str]) -> None:
    """Keep the task manifest with the deployment."""
    manifest = {"document": storable(document), "task_ids": [storable(task_id) for task_id in task_ids]}
    statement = postgresql.insert(task_manifests).values(deployment_id=deployment_id, **manifest)
    connection.execute(statement.on_conflict_do_update(index_elements=[task_manifests.c.deployment_id], set_=manifest))


def list_task_ids(connection: Connection, deployment_id: DeploymentId) -> tuple[str, ...]:
    """Return the ids of the deployment's tasks, empty before it was indexed."""
    query = select(task_manifests.c.task_ids).where(task_manifests.c.deployment_id == deployment_id)
    return tuple(connection.execute(query).scalar_one_or_none() or ())


def save_origin(connection: Connection, deployment_id: DeploymentId, origin: ImageOrigin) -> None:
    """Keep where the deployment's image came from."""
    image_of = None if origin.image_of is None else str(origin.image_of)
    statement = update(deployments).where(deployments.c.id == deployment_id)
    connection.execute(statement.values(build_key=origin.build_key, image_of=image_of))


def find_reusable(
    connection: Connection, environment_id: EnvironmentId, build_key: str
) -> tuple[Deployment, TaskManifest] | None:
    """Return the environment's newest DEPLOYED deployment of which the same went into the image; None for none."""
    query = (
        select(deployments, task_manifests.c.document, task_manifests.c.task_ids)
        .join(task_manifests, task_manifests.c.deployment_id == deployments.c.id)
        .where(
            deployments.c.environment_id == environment_id,
            deployments.c.build_key == build_key,
            deployments.c.status == DeploymentStatus.DEPLOYED.value,
            deployments.c.image.is_not(None),
        )
        .order_by(deployments.c.sequence.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else (deployment_of(row), TaskManifest(row["document"], tuple(row["task_ids"])))
