"""Which Debian package has what a build or an import did not find."""

import re
from typing import Final

_MAX_NAMED: Final = 3
_PROGRAMS: Final = {
    "cargo": "cargo",
    "cmake": "cmake",
    "curl-config": "libcurl4-openssl-dev",
    "g\\+\\+": "g++",
    "gcc": "gcc",
    "gdal-config": "libgdal-dev",
    "geos-config": "libgeos-dev",
    "gfortran": "gfortran",
    "git": "git",
    "krb5-config": "libkrb5-dev",
    "make": "make",
    "mysql_config": "default-libmysqlclient-dev",
    "ninja": "ninja-build",
    "pg_config": "libpq-dev",
    "pkg-config": "pkg-config",
    "rustc": "rustc",
    "swig": "swig",
    "xml2-config": "libxml2-dev",
    "xslt-config": "libxslt1-dev",
}
_HEADERS: Final = {
    "Python": "python3-dev",
    "cairo": "libcairo2-dev",
    "curl/curl": "libcurl4-openssl-dev",
    "ffi": "libffi-dev",
    "geos_c": "libgeos-dev",
    "gmp": "libgmp-dev",
    "gssapi/gssapi": "libkrb5-dev",
    "jpeglib": "libjpeg-dev",
    "lber": "libldap-dev",
    "libmemcached/memcached": "libmemcached-dev",
    "libpq-fe": "libpq-dev",
    "librdkafka/rdkafka": "librdkafka-dev",
    "libxml/\\w+": "libxml2-dev",
    "libxslt/\\w+": "libxslt1-dev",
    "lzma": "liblzma-dev",
    "magic": "libmagic-dev",
    "mysql": "default-libmysqlclient-dev",
    "openssl/\\w+": "libssl-dev",
    "portaudio": "portaudio19-dev",
    "sasl/sasl": "libsasl2-dev",
    "snappy-c": "libsnappy-dev",
    "sqlite3": "libsqlite3-dev",
    "sql(?:ext)?": "unixodbc-dev",
    "yaml": "libyaml-dev",
    "zlib": "zlib1g-dev",
    "zmq": "libzmq3-dev",
}
_LIBRARIES: Final = {
    "libGL": "libgl1",
    "libSM": "libsm6",
    "libXext": "libxext6",
    "libXrender": "libxrender1",
    "libcairo": "libcairo2",
    "libfontconfig": "libfontconfig1",
    "libglib-2\\.0|libgthread-2\\.0": "libglib2.0-0",
    "libgobject-2\\.0": "libglib2.0-0",
    "libgomp": "libgomp1",
    "libmagic": "libmagic1",
    "libmariadb": "libmariadb3",
    "libodbc": "unixodbc",
    "libpango(?:cairo|ft2)?-1\\.0": "libpango-1.0-0",
    "libpq": "libpq5",
    "libsndfile": "libsndfile1",
    "libxcb": "libxcb1",
    "libxml2": "libxml2",
}
_WORDS: Final = {
    r"Unable to locate any of pkg-config|Can not find valid pkg-config name.*mysql": "default-libmysqlclient-dev",
    r"libxml2 and libxslt development packages are installed": "libxml2-dev, libxslt1-dev",
    r"headers or library files could not be found for jpeg": "libjpeg-dev",
    r"headers or library files could not be found for zlib": "zlib1g-dev",
    r"No package 'cairo' found|Dependency \"cairo\" not found": "libcairo2-dev",
    r"No package 'libffi' found": "libffi-dev",
    r"Unknown compiler\(s\)|command '(?:\w+-linux-gnu-)?gcc' failed: No such file|is `?c\+\+`? installed": "gcc",
    r"failed to find libmagic": "libmagic1",
    r"Git executable not found": "git",
}
_ABSENT: Final = r"(?:executable )?(?:: (?:command )?not found|not found|is not installed)"
_PATTERNS: Final = (
    *((re.compile(words), package) for words, package in _WORDS.items()),
    *(
        (
            re.compile(
                rf"(?<![\w/.-])['\"`]?{name}['\"`]? ?{_ABSENT}|No such file or directory: '(?:\w+-linux-gnu-)?{name}'"
            ),
            package,
        )
        for name, package in _PROGRAMS.items()
    ),
    *((re.compile(rf"\b{name}\.h: No such file"), package) for name, package in _HEADERS.items()),
    *((re.compile(rf"\b(?:{name})\.so[.\d]*: cannot open shared"), package) for name, package in _LIBRARIES.items()),
)


def list_missing_packages(output: str) -> tuple[str, ...]:
    """Return the Debian packages whose lack the output shows, in no special order and not too many."""
    found = [package for pattern, package in _PATTERNS if pattern.search(output)]
    return tuple(dict.fromkeys(found))[:_MAX_NAMED]
