# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer of an endpoint to a ClientHello for TLS 1.2, or why there is none.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import CONTROL

from ..base import AuditContext, Observation, finding, offers_tls
from .lookup import (
    LAST_LINE,
    accepted_client_hellos,
    answer_lines,
    client_hellos,
    completed_handshakes,
    last_error_text,
    no_tls,
)
from .refusals import tls12_refused


def tls12_answer(context: AuditContext, session: Observation) -> Observation | Finding:
    """The control that a ServerHello for TLS 1.2 answered, or a finding that says why there is
    none.

    An endpoint with TLS 1.3 alone passes: that version has no weak choices.
    """
    if offers_tls(session) is False:
        return no_tls(session)
    accepted = accepted_client_hellos(context, session, CONTROL)
    if accepted:
        return accepted[0]
    controls = client_hellos(context, session, CONTROL)
    if completed_handshakes(context, session, "TLSv1.3") and tls12_refused(context, session):
        return finding(
            PASS,
            "Only TLS 1.3 is accepted, which has no weak choices.",
            session,
            controls[-1],
            decisive=answer_lines(controls[-1]),
        )
    return finding(
        UNKNOWN,
        f"The ClientHello for TLS 1.2 was not answered: {last_error_text(controls, session)}.",
        session,
        *controls[-1:],
        decisive=(LAST_LINE,),
    )
