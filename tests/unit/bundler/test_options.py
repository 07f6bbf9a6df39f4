"""The configuration as the bundler reads it: only what is written out."""

import pytest

from images.bundler.options import Options, OptionsUnreadable, read_options


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ("'p'", Options()),
        ("'p', dirs=['a', 'b']", Options(dirs=("a", "b"))),
        ("'p', dirs=('a',), ignore_patterns=[]", Options(dirs=("a",), ignore_patterns=())),
        ("'p', dirs=DIRS", Options(dirs=("jobs",))),
        ("'p', build=None", Options()),
        ("'p', build={'bundle': 'off'}", Options(is_off=True)),
        ("'p', build={'bundle': 'shaken', 'keep': ['x', 'y/*.py']}", Options(keep=("x", "y/*.py"))),
        ("'p', build={'extensions': [apt_get('x')], 'keep': ('x',)}", Options(keep=("x",))),
        ("'p', retries=compute()", Options()),
    ],
)
def test_options_are_read(arguments: str, options: Options) -> None:
    text = f"from pushwright import define_config\nDIRS = ['jobs']\nconfig = define_config({arguments})\n"
    assert read_options(text.encode()) == options


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("config = define_config('p', dirs=find())", "`dirs` is computed"),
        ("config = define_config('p', dirs=D)", "`dirs` is computed"),
        ("D = ['a']\nD = ['b']\nconfig = define_config('p', dirs=D)", "`dirs` is computed"),
        ("D = ['a']\nD += ['b']\nconfig = define_config('p', dirs=D)", "`dirs` is computed"),
        ("config = define_config('p', dirs='a')", "`dirs` is no list of texts"),
        ("config = define_config('p', build={**other})", "`build` is computed"),
        ("config = define_config('p', build=make())", "`build` is computed"),
        ("config = define_config('p', build=['x'])", "`build` is no dict"),
        ("config = define_config('p', build={'bundle': 'zip'})", "neither"),
        ("config = define_config('p', build={'keep': [1]})", "no list of texts"),
        ("config = define_config(**options)", "the options of define_config are computed"),
        ("config = make('p')", "define_config is called by another name"),
        ("a = define_config('a')\nconfig = define_config('p')", "define_config is called more than once"),
        ("config = (", "no Python"),
    ],
)
def test_what_is_computed_is_not_guessed(text: str, reason: str) -> None:
    with pytest.raises(OptionsUnreadable, match=reason):
        read_options(text.encode())
