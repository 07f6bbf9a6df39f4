"""Build logs: chunks of lines, only ever added to."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select, update

from domain.identifiers import DeploymentId
from domain.records import LogChunk
from store.rows import storable
from store.tables import deployments, log_chunks

StoredLine = tuple[str, str, str]


def append_log(connection: Connection, deployment_id: DeploymentId, lines: Sequence[StoredLine]) -> bool:
    """Add the lines at the end of the log; False when there is no such deployment.

    The deployment's row counts the lines and orders those who write at the same time.
    """
    counted = (
        update(deployments)
        .where(deployments.c.id == deployment_id)
        .values(log_line_count=deployments.c.log_line_count + len(lines))
        .returning(deployments.c.log_line_count)
    )
    count = connection.execute(counted).scalar_one_or_none()
    if count is None:
        return False
    if lines:
        stored = [[storable(part) for part in line] for line in lines]
        chunk = {"deployment_id": deployment_id, "first_line": count - len(lines), "lines": stored}
        connection.execute(insert(log_chunks), chunk)
    return True


def read_log(connection: Connection, deployment_id: DeploymentId, offset: int) -> tuple[LogChunk, ...]:
    """Return the log from line `offset` on; the work done is that of what is returned, not of what came before."""
    of_deployment = log_chunks.c.deployment_id == deployment_id
    first = (
        select(func.max(log_chunks.c.first_line))
        .where(of_deployment, log_chunks.c.first_line <= max(offset, 0))
        .scalar_subquery()
    )
    query = (
        select(log_chunks.c.first_line, log_chunks.c.lines)
        .where(of_deployment, log_chunks.c.first_line >= first)
        .order_by(log_chunks.c.first_line)
    )
    chunks = (_chunk_from(first_line, lines, offset) for first_line, lines in connection.execute(query))
    return tuple(chunk for chunk in chunks if chunk.lines)


def _chunk_from(first_line: int, lines: list[list[str]], offset: int) -> LogChunk:
    skipped = max(0, offset - first_line)
    kept = tuple((phase, step, text) for phase, step, text in lines[skipped:])
    return LogChunk(first_line + skipped, kept)
