"""Random projects: what stays is exactly what the import graph reaches, in whatever way the imports are written."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.bundler.environment import reach_of

COUNT = 7
WAYS = (
    "import app.m{n}",
    "from app import m{n}",
    "from . import m{n}",
    "from .m{n} import thing",
    "def f():\n    import app.m{n}",
    "try:\n    import app.m{n}\nexcept ImportError:\n    pass",
    "import importlib\nimportlib.import_module('app.m{n}')",
    "import importlib\nimportlib.import_module('.m{n}', __package__)",
    "LATER = 'app.m{n}:thing'",
)
MODULES = st.integers(0, COUNT - 1)
EDGES = st.lists(st.tuples(MODULES, MODULES, st.sampled_from(WAYS)), max_size=12)


@given(edges=EDGES, roots=st.lists(MODULES, max_size=2))
@settings(max_examples=60, deadline=None)
def test_exactly_what_the_graph_reaches_stays(edges: list[tuple[int, int, str]], roots: list[int]) -> None:
    files = {f"app/m{n}.py": "" for n in range(COUNT)}
    for origin, target, way in edges:
        files[f"app/m{origin}.py"] += way.format(n=target) + "\n"
    files["trigger/t.py"] = "".join(f"import app.m{n}\n" for n in roots)
    reached = set(roots)
    for _ in range(COUNT):
        reached |= {target for origin, target, _ in edges if origin in reached}
    with TemporaryDirectory() as place:
        kept = reach_of(Path(place), files).kept
    assert {name for name in kept if name.startswith("app/")} == {f"app/m{n}.py" for n in reached}
