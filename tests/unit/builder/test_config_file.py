from concurrent.futures import ThreadPoolExecutor

import pytest

from builder.config_file import has_build_options

_IMPORT = "from pushwright import define_config\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        f'{_IMPORT}config = define_config(project="t")\n',
        f'"""A docstring."""\n{_IMPORT}NAME = "x"\nconfig = define_config("t", dirs=["jobs"], machine=NAME)\n',
        f'{_IMPORT}config = define_config(project="t"\n',
        "config = \0",
        "x = 1\n",
    ],
)
def test_a_plain_file_has_none(text: str) -> None:
    assert not has_build_options(text)


@pytest.mark.parametrize(
    "text",
    [
        f'{_IMPORT}config = define_config(project="t", build={{}})\n',
        f'{_IMPORT}options = {{"build": 1}}\nconfig = define_config(project="t", **options)\n',
        f'{_IMPORT}config = define_config(project="t")\nconfig = change(config)\n',
        f'{_IMPORT}if True:\n    config = define_config(project="t")\n',
        f'{_IMPORT}from x import *\nconfig = define_config(project="t")\n',
        f'{_IMPORT}from x import y as define_config\nconfig = define_config(project="t")\n',
        f'{_IMPORT}def define_config(project): ...\nconfig = define_config(project="t")\n',
        f'{_IMPORT}config = define_config(project="t")\nimport x as config\n',
        f'{_IMPORT}config = define_config(project="t")\ndef f():\n    global config\n    config = 1\nf()\n',
        'from mine import define_config\nconfig = define_config(project="t")\n',
        "from mine import config\n",
        'import pushwright\nconfig = pushwright.define_config(project="t")\n',
        "from mine import *\n",
        f"{_IMPORT}{'#' * 60_000}\n",
    ],
)
def test_a_file_that_may_have_some_is_asked(text: str) -> None:
    assert has_build_options(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 40_000,
        "-" * 40_000 + "1",
        "a" + ".a" * 20_000,
        "not " * 10_000 + "1",
        "lambda:" * 5_000 + "1",
        "[" * 9_000,
    ],
)
def test_a_deep_file_is_survived_on_the_small_stack_of_a_thread(text: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(has_build_options, f"config = {text}").result() in {True, False}
