# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of two labels below which domains are registered, such as co.uk; nobody has mail there.

Those of common labels in countries, by the ICANN part of the public suffix list. Left out are gov,
mil and the like: some governments take mail there, as at gov.ie.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

#: The countries in which a label is such a name.
_COUNTRIES = {
    "ac": (
        "ae at bd be bw ci cn cr cy eg fj gn id il im in ir jp ke kr lk ls ma me ml mu mw mz ni "
        "nz pa pk pr rs rw se sz th tz ug uk vn za zm zw"
    ),
    "biz": "az bb cy et fj gh id in ki ls mv mw my ni nr pk pl pr ss tj tr tt vn zm",
    "co": (
        "ae ag am ao at az bb bd bi bj bw bz ci cl cm cr dm gg gl gy hu id il im in io ir it je "
        "jp ke kr lc ls ma me mg mu mw mz na ni nz om pn rs rw ss st sz th tj tm tt tz ug uk us "
        "uz ve vi za zm zw"
    ),
    "com": (
        "ac af ag ai al am ar au aw az ba bb bd bh bi bj bm bn bo br bs bt by bz ci cm cn co cu "
        "cv cw cy dm do dz ec ee eg es et fj fm fr ge gh gi gl gn gp gr gt gu gy hk hn hr ht im "
        "in io iq jo kg kh ki km kp kw ky kz la lb lc lk lr lv ly mg mk ml mo ms mt mu mv mw mx "
        "my na nf ng ni nr om pa pe pf ph pk pl pr ps pt py qa re ro sa sb sc sd sg sh sl sn so "
        "ss st sv sy tj tm tn to tr tt tw ua ug uy uz vc ve vi vn vu ws ye zm"
    ),
    "edu": (
        "ac af al ao ar au az ba bb bd bh bi bj bm bn bo br bs bt bz ci cn co cu cv cw dm do dz "
        "ec ee eg es et fj fm gd ge gh gi gl gn gp gr gt gu gy hk hn ht in io iq it jo kg kh ki "
        "km kn kp kw ky kz la lb lc lk lr ls lv ly me mg mk ml mn mo ms mt mv mw mx my mz ng ni "
        "nr om pa pe pf ph pk pl pn pr ps pt py qa rs sa sb sc sd sg sl sn so ss st sv sy tj tm "
        "to tr tt tw ua ug uy vc ve vg vn vu ws ye za zm"
    ),
    "firm": "ht in nf ro ve",
    "id": "au bd cv fj ir lv ly us vn",
    "info": (
        "az bb bd bj bo ec eg et fj gu ht hu in ke ki la ls ml mv nf ni nr pl pr ro sd tn tr tt "
        "tz ve vn zm"
    ),
    "ltd": "cy gi lk uk",
    "me": "eg in it ke kr so ss tz uk us",
    "name": "az eg et fj hr mk mv my ng pr qa tj tr tt vn",
    "ne": "jp ke kr tz ug us",
    "net": (
        "ac ae af ag ai al am ar au az ba bb bd bh bj bm bn bo br bs bt bw bz ci cm cn co cu cv "
        "cw cy dm do dz ec eg et fj fm ge gg gh gl gn gp gr gt gu gy hk hn ht id il im in io iq "
        "ir je jo kg kh ki kn kw ky kz la lb lc lk lr ls lv ly ma me mk ml mo ms mt mu mv mw mx "
        "my mz na nf ng ni nr nz om pa pe ph pk pl pn pr ps pt py qa rw sa sb sc sd sg sh sl so "
        "ss st sy th tj tm tn to tr tt tw ua uk uy uz vc ve vi vn vu ws ye za zm"
    ),
    "nom": "ag co es fr io km mg nc ni pa pe pl ro tm ve za",
    "or": "at bi ci cr id it jp ke kr mu th tz ug us",
    "org": (
        "ac ae af ag ai al am ao ar au az ba bb bd bh bi bj bm bn bo br bs bt bw bz ci cn co cu "
        "cv cw cy dm do dz ec ee eg es et fj fm ge gg gh gi gl gn gp gr gt gu gy hk hn ht hu il "
        "im in io iq ir je jo kg kh ki km kn kp kw ky kz la lb lc lk lr ls lv ly ma me mg mk ml "
        "mn mo ms mt mu mv mw mx my mz na ng ni nr nz om pa pe pf ph pk pl pn pr ps pt py qa ro "
        "rs rw sa sb sc sd se sg sh sk sl sn so ss st sv sy sz tj tm tn to tr tt tw ua ug uk uy "
        "uz vc ve vi vn vu ws ye za zm zw"
    ),
    "plc": "ly uk",
    "pro": "az br cy ec fj ht in mv om pr tt vn",
    "sch": "ae bd id ir jo lk ly ng qa sa ss zm",
    "web": "bo do gu id lk nf ni pk tj tr ve za",
}


def is_public_suffix(name: str) -> bool:
    """Whether domains of many owners are registered below a name in lower case."""
    label, _dot, country = name.partition(".")
    return country in _COUNTRIES.get(label, "").split(" ")
