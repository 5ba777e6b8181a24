# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of everything that probes mail hosts."""

    DOCUMENTATION = r"""
options:
  stranger_domain:
    description:
      - A domain that is not the target's. The senders and recipients of the relay attempts are in
        it. No message is sent to it.
      - Best is a domain of your own with an MX record. Servers that check senders reject a domain
        without one before they decide about relaying.
      - Without it V(stranger.invalid) stands for it, a name that nobody has. Checks that need a
        domain which exists then say so.
    type: str
    default: ""
  backup_domain:
    description: A domain of yours whose MX record names the target although the target does not
      accept its mail. It shows a server that relays for every domain that names it as MX.
    type: str
    default: ""
  helo_name:
    description: Name in EHLO. By default the fully qualified name of the vantage, or
      C(airtight.invalid) if it has none.
    type: str
    default: ""
  opt_in:
    description:
      - Probes that leave a trace on the target. V(login) tries a login with a made-up name and
        password inside TLS on every service that offers one, another on SMTP with an authorization
        identity, and IMAP LOGIN before TLS.
      - V(guess) tries pairs of user and password that everybody knows, such as admin and admin, on
        one service of the host inside TLS. It is the last probe of a target and makes at most 5
        logins on a host. A host that bans clients may ban the vantage.
      - V(deliver) sends small messages to O(canary_domain) where a recipient was accepted that has
        to be rejected, and waits for them there. A host that rejects such recipients is sent
        nothing. No host is left with more than 6 messages.
      - V(smuggle) sends messages to the target's own postmaster, to see what ends a message. Their
        header has so many Received fields that a server which detects loops rejects each of them.
        Another one may deliver a few.
      - V(mail) has a user of the target send some messages to O(canary_domain), and sends that user
        some from outside, forged ones among them. What was delivered is read over IMAPS from every
        folder of the user, and then deleted.
    type: list
    elements: str
    choices: [login, guess, deliver, smuggle, mail]
    default: []
  canary_domain:
    description:
      - A domain of yours whose MX record names the vantage and which receives no other mail. While
        V(deliver) or V(mail) needs it, the vantage listens there and rejects all mail but the
        messages of this run and the bounces of them.
      - Where the vantage cannot listen, or the MX record leads elsewhere, nothing is sent and the
        verdict says so.
    type: str
    default: ""
  canary_listen:
    description: Addresses of the vantage to listen on for O(canary_domain). By default all.
    type: list
    elements: str
    default: []
  canary_port:
    description: Port to listen on for O(canary_domain), for a vantage whose port 25 is redirected
      to another.
    type: int
    default: 25
  canary_wait:
    description: Seconds to wait for a message that the target queued. One that has not arrived by
      then proves nothing.
    type: float
    default: 20.0
  spf_fail_domain:
    description: A domain of yours whose SPF record forbids the vantage to send for it, for instance
      one with C(v=spf1 -all). V(mail) sends a message from it to the user of the target, to see
      whether the target notices.
    type: str
    default: ""
  trust_anchors:
    description: Certificates of your own authorities in PEM, trusted beside those of the vantage's
      system.
    type: str
    default: ""
  connect_timeout:
    description: Seconds to wait for a connection.
    type: float
    default: 6.0
  reply_timeout:
    description: Seconds to wait for each reply. Some servers delay their greeting by 6 seconds or
      more.
    type: float
    default: 20.0
"""
