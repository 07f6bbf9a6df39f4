"""One commit; a module of its own because its path swallows every longer one and must be matched last."""

from fastapi import APIRouter

from github_app.simulator.routes.repositories import show_commit

router = APIRouter(prefix="/repos/{owner}/{repo}")
router.get("/commits/{ref:path}")(show_commit)
