"""A room service of another network (XEP-0114, slixmpp), driven like peer.py: it knows no questions, keeps no history, and
shows what is said under ids of its own, line by line and without white space at the end, as gateways to IRC do.

commands: login {jid, password, host, port}    raw {xml}    quit
events:   ready {jid}    presence {from, type, xml}    message {from, to, body, id, type, xml}    error {what}    closed
"""
import asyncio
import json
import logging
import sys
from xml.sax.saxutils import escape, quoteattr

from slixmpp.componentxmpp import ComponentXMPP
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath
from slixmpp.xmlstream.tostring import tostring

COMPONENT = "{jabber:component:accept}"
MUC = "http://jabber.org/protocol/muc"


def event(kind, **fields):
    print(json.dumps({"ev": kind, **fields}, ensure_ascii=False), flush=True)


class Gateway(ComponentXMPP):
    def __init__(self, login):
        super().__init__(login["jid"], login["password"], login["host"], login["port"])
        self.nicks, self.count = {}, 0
        self.register_handler(Callback("messages", MatchXPath(f"{COMPONENT}message"), self.on_message))
        self.register_handler(Callback("presences", MatchXPath(f"{COMPONENT}presence"), self.on_presence))
        self.add_event_handler("session_start", lambda _: event("ready", jid=login["jid"]))
        self.add_event_handler("disconnected", lambda _: event("closed"))

    def on_presence(self, stanza):
        xml = stanza.xml
        who, to, kind = xml.get("from"), xml.get("to"), xml.get("type", "available")
        room, _, nick = to.partition("/")
        if kind == "available" and xml.find(f"{{{MUC}}}x") is not None:
            self.nicks[who, room] = nick
            item = f"<x xmlns='{MUC}#user'><item affiliation='none' role='participant'/><status code='110'/></x>"
            self.send_raw(f"<presence from={quoteattr(to)} to={quoteattr(who)}>{item}</presence>")
            self.send_raw(f"<message from='{room}' to={quoteattr(who)} type='groupchat'><subject/></message>")
        event("presence", **{"from": who}, type=kind, xml=tostring(xml, xmlns="jabber:component:accept"))

    def on_message(self, stanza):
        xml = stanza.xml
        who, room, body = xml.get("from"), xml.get("to"), xml.findtext(f"{COMPONENT}body") or ""
        kind, nick = xml.get("type", "normal"), self.nicks.get((who, room))
        event("message", **{"from": who}, to=room, body=body, id=xml.get("id", ""), type=kind, carbon="none",
              stanza_ids=[], delayed=False, xml=tostring(xml, xmlns="jabber:component:accept"))
        if kind != "groupchat" or nick is None:
            return
        for line in filter(None, (line.rstrip() for line in body.split("\n"))):
            self.count += 1
            sender, to = quoteattr(f"{room}/{nick}"), quoteattr(who)
            self.send_raw(f"<message from={sender} to={to} type='groupchat' id='irc-{self.count}'>"
                          f"<body>{escape(line)}</body></message>")


async def main():
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    lines = asyncio.StreamReader(limit=1 << 24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    gateway = Gateway(json.loads(await lines.readline()))
    gateway.connect()
    while line := await lines.readline():
        command = json.loads(line)
        if command["cmd"] == "quit":
            await gateway.disconnect()
            return
        gateway.send_raw(command["xml"])


if __name__ == "__main__":
    asyncio.run(main())
