# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Internationalised domain names as the DNS has them: U-labels as A-labels (IDNA 2008).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import unicodedata

#: Letters, marks and digits (RFC 5892 section 2.1), as Unicode categories in lower case.
_LETTER_DIGITS = ("Ll", "Lo", "Lm", "Mn", "Mc", "Nd")
#: Letters that are permitted although case folding changes them (RFC 5892 section 2.6).
_EXCEPTIONS = "\u00df\u03c2"
_RIGHT_TO_LEFT = {"R", "AL"}


def a_labels(name: str) -> str:
    """A name in lower case, its U-labels as A-labels (RFC 5891 section 5); empty where a label has
    characters that IDNA 2008 does not permit. Characters that need a context are not (RFC 5892
    appendix A), and which letters there are is as Python's Unicode tables have it.
    """
    labels = [_a_label(label) for label in unicodedata.normalize("NFC", name.lower()).split(".")]
    return ".".join(labels) if all(labels) or name.isascii() else ""


def _a_label(label: str) -> str:
    if label.isascii():
        return label
    if not _is_u_label(label):
        return ""
    return "xn--" + label.encode("punycode").decode("ascii")


def _is_u_label(label: str) -> bool:
    """Whether a label in NFC and lower case is a U-label (RFC 5891 section 4.2.3)."""
    hyphens = label.startswith("-") or label.endswith("-") or label[2:4] == "--"
    marked = unicodedata.category(label[0]).startswith("M")
    return not hyphens and not marked and all(map(_is_permitted, label)) and _has_one_order(label)


def _is_permitted(character: str) -> bool:
    if character in _EXCEPTIONS or character == "-":
        return True
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).casefold())
    return folded == character and unicodedata.category(character) in _LETTER_DIGITS


def _has_one_order(label: str) -> bool:
    """Whether a label that is written from right to left is so as a whole (RFC 5893 section 2)."""
    kinds = {unicodedata.bidirectional(character) for character in label}
    if not kinds & {*_RIGHT_TO_LEFT, "AN"}:
        return True
    first = unicodedata.bidirectional(label[0]) in _RIGHT_TO_LEFT
    return first and "L" not in kinds and not {"EN", "AN"} <= kinds
