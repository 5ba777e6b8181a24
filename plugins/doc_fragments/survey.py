# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of everything that looks at mail hosts."""

    DOCUMENTATION = r"""
options:
  stranger_domain:
    description:
      - A domain that is not the target's. Senders and recipients of the relay attempts are made up
        in it; no message is sent to it.
      - Best is a domain of your own with an MX record, since servers that check senders refuse a
        domain without one before
        they get to the question of relaying.
    type: str
    default: example.com
  backup_domain:
    description:
      - A domain of yours whose MX record names the target although the target does not take its
        mail. A server that relays for
        whoever names it as MX is then found.
    type: str
    default: ""
  helo_name:
    description: Name to say in EHLO. By default the vantage's own fully qualified name, or
      C(airtight.invalid) if it has none.
    type: str
    default: ""
  opt_in:
    description:
      - What to do although it leaves a trace. V(login) tries one login, inside TLS, that must fail.
      - V(deliver) sends small messages to O(canary_domain) where a recipient was accepted that
        ought not to be, and looks whether
        they arrive. A host that refuses strangers at RCPT is sent nothing; no host is left with
          more than 6 messages.
      - V(smuggle) sends the text of messages to the target's own postmaster, to see what ends a
        message. By their header they
        have come through so many hosts that a server which looks for loops refuses each of them;
          another one may deliver a few.
      - V(mail) has a user of the target send some messages to O(canary_domain), and sends some to
        that user from outside, forged ones
        among them. What is delivered is read back over IMAPS from every folder of the user, and
          then deleted.
    type: list
    elements: str
    choices: [login, deliver, smuggle, mail]
    default: []
  canary_domain:
    description:
      - A domain of yours whose MX record names the vantage and which takes no other mail. For the
        time that V(deliver) or V(mail)
        needs, the vantage listens there and refuses all mail but the messages of this run and what
          bounces of them.
      - Where the vantage cannot listen, or the MX record leads elsewhere, nothing is sent and the
        sentence says so.
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
    description:
      - A domain of yours whose SPF record forbids the vantage to send for it, for instance one with
        C(v=spf1 -all). V(mail) sends a
        message by it to the user of the target, to see whether that is noticed.
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
    description: Seconds to wait for each reply. Servers that test their clients' patience take 6
      seconds or more to greet.
    type: float
    default: 20.0
"""
