"""A plain XMPP client (slixmpp, no encryption of its own; omemo_peer.py adds that) which a test drives by JSON lines.

Started by tests/support/peer.rs. Each line on stdin is a command with "cmd"; the first must be "login", which also
brings the password, so that it is in no process list. Each line on stdout is an event with "ev".

commands: login {jid, password, host, port, ca, priority, carbons, auto}    send {to, body, id?, type?, private?}
          presence {to?, type?, show?, status?, priority?}            join {room, nick}
          raw {xml}                                                   quit
          menu {to, query: items|info, node} or {to, query: command, node, action, session, fields}
          life {what, to, id?, body?}: what slixmpp's own plugins send about a message `id`; see LIFE below. Only when
          login has "life", which also makes it confirm arrivals by itself and tell what it understands.
events:   ready {jid}    message {from, to, body, id, type, carbon, stanza_ids, origin_id, delayed, xml}
          presence {from, type, show, status, xml}    iq {from, type, id, xml}    sent {id}    error {what}    closed
          menu {features, items, status, session, note, fields, error, xml}
          life {what, from, id, body}: a plugin understood a message about the message `id`
"""
import asyncio
import json
import logging
import os
import sys
from pathlib import Path
from xml.etree import ElementTree

# Only the CA given at login counts, whatever the environment says.
for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
    os.environ.pop(name, None)

from slixmpp.clientxmpp import ClientXMPP
from slixmpp.exceptions import IqError
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath, StanzaPath
from slixmpp.xmlstream.tostring import tostring

CLIENT = "{jabber:client}"
CARBONS = "{urn:xmpp:carbons:2}"
FORWARDED = "{urn:xmpp:forward:0}forwarded"
SID = "{urn:xmpp:sid:0}"
DELAY = "{urn:xmpp:delay}delay"


def event(kind, **fields):
    print(json.dumps({"ev": kind, **fields}, ensure_ascii=False), flush=True)


def unwrap(xml):
    """A message and how it came: itself, or the one inside a carbon copy with its delay."""
    for kind in ("sent", "received"):
        inner = xml.find(f"{CARBONS}{kind}/{FORWARDED}/{CLIENT}message")
        if inner is not None:
            return inner, kind
    return xml, "none"


# Plugins for the life of messages, and the events by which they tell what they understood: the event, how we call it,
# the id of the message it is about, and what it says.
LIFE_PLUGINS = ("xep_0066", "xep_0085", "xep_0184", "xep_0308", "xep_0333", "xep_0424", "xep_0444", "xep_0461")
LIFE = {
    "receipt_received": ("receipt", lambda m: m["receipt"], lambda m: ""),
    "marker_displayed": ("displayed", lambda m: m["displayed"]["id"], lambda m: ""),
    "message_correction": ("correction", lambda m: m["replace"]["id"], lambda m: m["body"]),
    "message_reply": ("reply", lambda m: m["reply"]["id"], lambda m: m["reply"].strip_fallback_content()),
    "message_retract": ("retraction", lambda m: m["retract"]["id"], lambda m: ""),
    "reactions": ("reaction", lambda m: m["reactions"]["id"], lambda m: " ".join(sorted(m["reactions"]["values"]))),
    "chatstate": ("state", lambda m: "", lambda m: m["chat_state"]),
}


class Peer(ClientXMPP):
    def __init__(self, login):
        super().__init__(login["jid"], login["password"])
        self.login = login
        self.ca_certs = Path(login["ca"])
        if not login.get("auto", True):
            # Neither grants requests nor refuses them: that is for the test.
            self.auto_authorize = None
        # Otherwise it tries direct TLS first, and reports that as a failed connection.
        self.enable_direct_tls = False
        for plugin in ("xep_0004", "xep_0030", "xep_0050", "xep_0199", "xep_0280"):
            self.register_plugin(plugin)
        if login.get("life"):
            for plugin in LIFE_PLUGINS:
                self.register_plugin(plugin)
            for name in LIFE:
                self.add_event_handler(name, lambda message, name=name: self.on_life(name, message))
        self.register_handler(Callback("messages", MatchXPath(f"{CLIENT}message"), self.on_message))
        self.register_handler(Callback("presences", MatchXPath(f"{CLIENT}presence"), self.on_presence))
        for kind in ("result", "error"):
            self.register_handler(Callback(f"iq {kind}", StanzaPath(f"iq@type={kind}"), self.on_iq))
        self.add_event_handler("session_start", self.on_start)
        self.add_event_handler("failed_all_auth", lambda _: event("error", what="authentication failed"))
        self.add_event_handler("connection_failed", lambda why: event("error", what=f"no connection: {why}"))
        self.add_event_handler("disconnected", lambda _: event("closed"))

    async def on_start(self, _):
        try:
            await self.get_roster()
            if self.login.get("carbons", True):
                await self["xep_0280"].enable()
        except Exception as error:
            event("error", what=f"{type(error).__name__}: {error}")
        self.send_presence(ppriority=self.login.get("priority", 0))
        # A stream is dealt with in order: with this answer the presence is known, and copies go to this resource, too.
        await self.get_roster()
        event("ready", jid=str(self.boundjid))

    def on_message(self, stanza):
        event("message", **self.describe(*unwrap(stanza.xml)))

    def describe(self, xml, carbon):
        origin = xml.find(f"{SID}origin-id")
        return dict(
            **{"from": xml.get("from", ""), "to": xml.get("to", "")},
            body=xml.findtext(f"{CLIENT}body"),
            id=xml.get("id", ""),
            type=xml.get("type", "normal"),
            carbon=carbon,
            stanza_ids=[element.get("id", "") for element in xml.findall(f"{SID}stanza-id")],
            origin_id=None if origin is None else origin.get("id"),
            delayed=xml.find(DELAY) is not None,
            xml=tostring(xml, xmlns="jabber:client"),
        )

    def on_presence(self, stanza):
        xml = stanza.xml
        event(
            "presence",
            **{"from": xml.get("from", ""), "type": xml.get("type", "available")},
            show=xml.findtext(f"{CLIENT}show"),
            status=xml.findtext(f"{CLIENT}status"),
            xml=tostring(xml, xmlns="jabber:client"),
        )

    def on_iq(self, stanza):
        xml = stanza.xml
        event(
            "iq",
            **{"from": xml.get("from", ""), "type": xml.get("type", ""), "id": xml.get("id", "")},
            xml=tostring(xml, xmlns="jabber:client"),
        )

    def on_life(self, name, message):
        what, about, says = LIFE[name]
        event("life", what=what, **{"from": str(message["from"])}, id=about(message), body=says(message) or "")

    def send_life(self, command):
        what, to, about, body = command["what"], command["to"], command.get("id"), command.get("body")
        message = self.make_message(mto=to, mbody=body, mtype="chat")
        if what == "asking":  # a text whose sender wants to know all
            message["request_receipt"] = True
            message.enable("markable")
        elif what == "displayed":
            message["displayed"]["id"] = about
        elif what == "correction":
            message = self["xep_0308"].build_correction(about, to, mbody=body)
        elif what == "reply":
            message = self["xep_0461"].make_reply(to, about, "what is answered\nin two lines", mto=to, mbody=body, mtype="chat")
        elif what == "file":
            message["oob"]["url"] = body
        elif what == "state":
            message["chat_state"] = body
            del message["body"]
        elif what == "reaction":
            # The plugin's own way gives no type, and then servers make no copies for the account's other clients.
            self["xep_0444"].set_reactions(message, about, body.split())
            message.enable("store")
        elif what == "retraction":
            event("sent", id=self["xep_0424"].send_retraction(to, about)["id"])
            return
        else:
            raise ValueError(f"nothing is known of {what}")
        if not message["id"]:
            message["id"] = self.new_id()
        message.send()
        event("sent", id=message["id"])

    def send_chat(self, command):
        message = self.make_message(mto=command["to"], mbody=command["body"], mtype=command.get("type") or "chat")
        message["id"] = command.get("id") or self.new_id()
        if command.get("private"):
            message.xml.append(ElementTree.Element("{urn:xmpp:carbons:2}private"))
            message.xml.append(ElementTree.Element("{urn:xmpp:hints}no-copy"))
        message.send()
        event("sent", id=message["id"])

    async def menu(self, command):
        """Service discovery and ad-hoc commands (XEP-0030, 0050, 0004) by slixmpp's own plugins."""
        to, node, answer = command["to"], command.get("node") or None, {"items": [], "features": [], "fields": []}
        try:
            if command["query"] == "items":
                iq = await self["xep_0030"].get_items(jid=to, node=node, local=False)
                answer["items"] = [[node or "", name or ""] for _, node, name in iq["disco_items"].get_items()]
                # slixmpp has them as a set; the order is in the stanza.
                order = [item.get("node", "") for item in iq.xml.iter("{http://jabber.org/protocol/disco#items}item")]
                answer["items"].sort(key=lambda item: order.index(item[0]))
            elif command["query"] == "info":
                iq = await self["xep_0030"].get_info(jid=to, node=node, cached=False, local=False)
                answer["features"] = sorted(iq["disco_info"]["features"])
            else:
                payload = None
                if command.get("fields"):
                    payload = self["xep_0004"].make_form(ftype="submit")
                    for var, value in command["fields"]:
                        payload.add_field(var=var, ftype="text-single", value=value)
                iq = await self["xep_0050"].send_command(
                    to, node, action=command.get("action") or "execute", payload=payload,
                    sessionid=command.get("session") or None,
                )
                answer["status"] = iq["command"]["status"]
                answer["session"] = iq["command"]["sessionid"]
                answer["note"] = "\n".join(text for _, text in iq["command"]["notes"])
                form = iq["command"].xml.find("{jabber:x:data}x")
                if form is not None:
                    for field in form.iter("{jabber:x:data}field"):
                        values = [value.text or "" for value in field.findall("{jabber:x:data}value")]
                        answer["fields"].append([field.get("var", ""), "\n".join(values)])
        except IqError as error:
            iq = error.iq
            answer["error"] = iq["error"]["condition"]
        event("menu", **answer, xml=tostring(iq.xml, xmlns="jabber:client"))

    async def command(self, command):
        kind = command["cmd"]
        if kind == "send":
            self.send_chat(command)
        elif kind == "life":
            self.send_life(command)
        elif kind == "presence":
            self.send_presence(
                pto=command.get("to"),
                ptype=command.get("type"),
                pshow=command.get("show"),
                pstatus=command.get("status"),
                ppriority=command.get("priority"),
            )
        elif kind == "join":
            self.send_raw(
                f"<presence to='{command['room']}/{command['nick']}'>"
                "<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>"
            )
        elif kind == "menu":
            await self.menu(command)
        elif kind == "raw":
            self.send_raw(command["xml"])
        elif kind == "quit":
            await self.disconnect()
            return False
        else:
            event("error", what=f"unknown command {kind}")
        return True


async def main(kind=Peer):
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    lines = asyncio.StreamReader(limit=1 << 24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    login = json.loads(await lines.readline())
    peer = kind(login)
    peer.connect(login["host"], login["port"])
    while line := await lines.readline():
        try:
            if not await peer.command(json.loads(line)):
                return
        except Exception as error:
            event("error", what=f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    asyncio.run(main())
