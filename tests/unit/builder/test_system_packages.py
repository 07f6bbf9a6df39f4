import pytest

from builder.system_packages import list_missing_packages


@pytest.mark.parametrize(
    ("output", "packages"),
    [
        ("Error: pg_config executable not found.", ("libpq-dev",)),
        ("/bin/sh: 1: mysql_config: not found", ("default-libmysqlclient-dev",)),
        ("src/x.c:3:10: fatal error: ffi.h: No such file or directory", ("libffi-dev",)),
        ("fatal error: Python.h: No such file or directory", ("python3-dev",)),
        ("fatal error: libxml/xmlversion.h: No such file or directory", ("libxml2-dev",)),
        (
            "Error: Please make sure the libxml2 and libxslt development packages are installed.",
            ("libxml2-dev, libxslt1-dev",),
        ),
        ("error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory", ("gcc",)),
        ("error: command 'gcc' failed: No such file or directory", ("gcc",)),
        ("  error: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'", ("gcc",)),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'cmake'", ("cmake",)),
        ("sh: 1: cargo: not found", ("cargo",)),
        ("  cause: Git executable not found. Ensure that Git is installed and available.", ("git",)),
        ("ImportError: libGL.so.1: cannot open shared object file: No such file or directory", ("libgl1",)),
        ("OSError: libgomp.so.1: cannot open shared object file", ("libgomp1",)),
        ("pg_config is required\npg_config: not found\nlibpq-fe.h: No such file", ("libpq-dev",)),
    ],
)
def test_the_package_that_has_it_is_named(output: str, packages: tuple[str, ...]) -> None:
    assert list_missing_packages(output) == packages


@pytest.mark.parametrize(
    "output",
    ["error: No solution found", "digit: not found", "my-git: not found", "hello.h: No such file", "page not found"],
)
def test_other_failures_name_none(output: str) -> None:
    assert list_missing_packages(output) == ()


def test_not_too_many_are_named() -> None:
    output = "\n".join(f"{name}: not found" for name in ("gcc", "make", "cmake", "cargo", "git"))
    assert len(list_missing_packages(output)) == 3
