"""Reads the whole message archive (XEP-0313) of an account, oldest first, and ends.

Started by tests/support/archive.rs, with one line of JSON on stdin: {jid, password, host, port, ca, room};
with a room it is the room's archive. Each line on stdout
is one entry {id, from, body}, where id is the message's own; the last one is {"end": true}. A client of its own: what it
finds does not depend on what any other client happened to receive.
"""
import asyncio
import json
import os
import sys
from pathlib import Path
from xml.etree import ElementTree

for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
    os.environ.pop(name, None)

from slixmpp.clientxmpp import ClientXMPP
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

MAM = "urn:xmpp:mam:2"
RSM = "http://jabber.org/protocol/rsm"
MESSAGE = f"{{{MAM}}}result/{{urn:xmpp:forward:0}}forwarded/{{jabber:client}}message"
PAGE = 250


class Reader(ClientXMPP):
    def __init__(self, login):
        super().__init__(login["jid"], login["password"])
        self.room = login.get("room")
        self.ca_certs = Path(login["ca"])
        self.enable_direct_tls = False
        self.add_event_handler("session_start", self.read)
        self.register_handler(Callback("results", MatchXPath("{jabber:client}message"), self.on_message))
        for what in ("failed_all_auth", "connection_failed", "disconnected"):
            self.add_event_handler(what, lambda _, what=what: sys.exit(what))

    def on_message(self, stanza):
        message = stanza.xml.find(MESSAGE)
        if message is not None:
            body = message.findtext("{jabber:client}body")
            print(json.dumps({"id": message.get("id", ""), "from": message.get("from", ""), "body": body or ""}))

    async def read(self, _):
        after = None
        while True:
            query = ElementTree.Element(f"{{{MAM}}}query")
            rsm = ElementTree.SubElement(query, f"{{{RSM}}}set")
            ElementTree.SubElement(rsm, f"{{{RSM}}}max").text = str(PAGE)
            if after:
                ElementTree.SubElement(rsm, f"{{{RSM}}}after").text = after
            iq = self.make_iq_set(ito=self.room)
            iq.xml.append(query)
            fin = (await iq.send(timeout=60)).xml.find(f"{{{MAM}}}fin")
            after = fin.findtext(f"{{{RSM}}}set/{{{RSM}}}last")
            if fin.get("complete") in ("true", "1") or not after:
                break
        print(json.dumps({"end": True}), flush=True)
        os._exit(0)


async def main():
    login = json.loads(sys.stdin.readline())
    reader = Reader(login)
    reader.connect(login["host"], login["port"])
    await asyncio.sleep(300)


asyncio.run(main())
