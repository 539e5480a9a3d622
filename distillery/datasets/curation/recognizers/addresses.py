"""IP addresses: IPv4, and IPv6 in all forms of RFC 4291 and RFC 5952."""

import ipaddress
import re
from collections.abc import Iterator

from distillery.datasets.curation.recognizers.folded import DigitGroup, is_word

_VERSION = re.compile(
    r"(?i:\b(?:v|ver|version|versión|versão|versione|versie|wersja|verze|версия|release|rel|rev|revision|build|firmware|"
    r"sdk|section|sec|chapter|clause|article|paragraph|figure|fig|table|step|abschnitt|kapitel|ziffer|nr|artikel|"
    r"chapitre|sección|capítulo|oid)|§|バージョン|版本|버전|第|[=<>~!^]=|[~^])[ .:]*$|\b[A-Z][A-Za-z]*/$"
)
"""What stands before four numbers that are the version of something, or the number of a section."""
_SUFFIX = re.compile(r"-[A-Za-z]|\.[a-z]")
"""What follows the version in the name of a file or a pre-release."""
_NAME = re.compile(r"(?<!\bip)(?<!host)(?<!addr)(?<=[A-Za-z])-$")
"""What stands before the version in the name of a file."""

_COLONS = re.compile(r":(?::|(?:[0-9A-Fa-f]{1,4}:){5})")
"""A part of every IPv6 address: a gap of zeros, or six colons."""
_IPV6_CHARACTERS = re.compile(r"[0-9A-Fa-f:.]")
_RUN = re.compile(r"[0-9A-Fa-f:.]+")
_ZONE = re.compile(r"%(?:25)?[A-Za-z0-9](?:[A-Za-z0-9._~-]*[A-Za-z0-9])?")
_PORT = re.compile(r"\.\d{1,5}$")
_MAX_LENGTH = 45
_ALLOCATED = tuple(
    map(ipaddress.IPv6Network, ("2000::/3", "fc00::/7", "fe80::/10", "ff00::/8", "64:ff9b::/47", "::ffff:0:0/96"))
)
"""Addresses in use: global, local, multicast, and those that stand for IPv4. Others are a program's (`a::b`)."""


def find_ipv4(text: str, groups: list[DigitGroup]) -> Iterator[tuple[int, int]]:
    """Yields chains of exactly four numbers with dots between them that are an IPv4 address and no version."""
    chain: list[DigitGroup] = []
    for group in [*groups, DigitGroup(0, 0, "")]:
        if chain and group.gap == ".":
            chain.append(group)
            continue
        if len(chain) == 4 and _is_ipv4(text, chain[0].start, chain[-1].stop):
            yield chain[0].start, chain[-1].stop
        chain = [group]


def _is_ipv4(text: str, start: int, stop: int) -> bool:
    before = text[max(0, start - 24) : start]
    if is_word(text, start - 1) or is_word(text, stop) or _SUFFIX.match(text, stop):
        return False
    if _VERSION.search(before) or _NAME.search(before):
        return False
    try:
        ipaddress.IPv4Address(text[start:stop])
    except ValueError:
        return False
    return True


def find_ipv6(text: str) -> Iterator[tuple[int, int]]:
    """Yields IPv6 addresses with their zone, without brackets, port and prefix length."""
    stop = 0
    for match in _COLONS.finditer(text):
        if match.start() < stop:
            continue
        start, stop = _run(text, match.start())
        start, stop = _trimmed(text, start, stop)
        while 2 < stop - start <= 2 * _MAX_LENGTH and not _is_ipv6(text[start:stop]) and _PORT.search(text[start:stop]):
            stop = start + text[start:stop].rindex(".")
        if not is_word(text, stop) and _is_ipv6(text[start:stop]):
            zone = _ZONE.match(text, stop)
            stop = zone.end() if zone else stop
            yield start, stop


def _run(text: str, index: int) -> tuple[int, int]:
    start = index
    while start and index - start <= _MAX_LENGTH and _IPV6_CHARACTERS.match(text[start - 1]):
        start -= 1
    run = _RUN.match(text, start)
    return start, run.end() if run else start


def _trimmed(text: str, start: int, stop: int) -> tuple[int, int]:
    """Without a word and its colon before (`IPv6:`), and without punctuation around."""
    if is_word(text, start - 1):
        start = text.index(":", start) + 1
    while text[start : start + 1] == "." or (text[start : start + 1] == ":" and text[start + 1 : start + 2] != ":"):
        start += 1
    while stop > start and (text[stop - 1] == "." or (text[stop - 1] == ":" and text[stop - 2] != ":")):
        stop -= 1
    return start, stop


def _is_ipv6(address: str) -> bool:
    try:
        found = ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return "." in address or any(found in network for network in _ALLOCATED)
