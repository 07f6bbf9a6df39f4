import pytest

from builder.versions import admits


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        (">=0.5", "0.13.9"),
        ("0.13.9", "0.13.9"),
        ("==0.13.*", "0.13.9"),
        ("~=0.13.2", "0.13.9"),
        ("~=0.5", "0.13.9"),
        (">=0.5, <0.14, !=0.13.8", "0.13.9"),
        ("==1", "1.0.0"),
    ],
)
def test_a_version_in_the_range_is_admitted(wanted: str, version: str) -> None:
    assert admits(wanted, version)


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        ("<0.13", "0.13.9"),
        ("==0.9.0", "0.13.9"),
        ("~=0.9.1", "0.13.9"),
        ("!=0.13.*", "0.13.9"),
        (">=0.5,<0.6", "0.13.9"),
        ("latest", "0.13.9"),
        ("", "0.13.9"),
    ],
)
def test_any_other_is_not(wanted: str, version: str) -> None:
    assert not admits(wanted, version)
