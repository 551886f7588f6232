"""peer.py with OMEMO by slixmpp-omemo, in one version or both, which trusts every device.

Started by tests/support/peer.rs as a process of its own. slixmpp-omemo is under AGPL-3.0: it is only talked to through
pipes, never linked, copied or shipped.

login:    has "omemo": "0.3", "2" or "0.3 2", the versions it knows, and "store": the file with its keys, so that it can
          come back as the same device.
commands: all of peer.py's; encrypt {to, body, id?, version, readers?}, with readers to all in a room, for these; devices {to}: what it knows of somebody's devices
events:   all of peer.py's; a message has also "encrypted": "0.3", "2", or "" for a plain one, and its body is what was
          encrypted; one that cannot be decrypted has the reason in "error". key {from}: a message without content.
          devices {items: [[number, versions]]}
"""
import asyncio
import json
import sqlite3
import sys
from datetime import datetime, timezone
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).parent))

import omemo
import oldmemo.etree
import twomemo.etree
from oldmemo import oldmemo as old
from omemo.session_manager import DeviceListDownloadFailed, SessionManager
from omemo.storage import Just, Nothing, Storage
from slixmpp.jid import JID
from slixmpp.plugins.base import register_plugin
from slixmpp_omemo import XEP_0384
from twomemo import twomemo as two

import peer
from peer import event, unwrap

NAMESPACES = {"0.3": old.NAMESPACE, "2": two.NAMESPACE}
SCE = "{urn:xmpp:sce:1}"
HINTS = "urn:xmpp:hints"
MUC_USER = "{http://jabber.org/protocol/muc#user}"


class File(Storage):
    def __init__(self, path):
        super().__init__(True)
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.execute("CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT)")

    async def _load(self, key):
        row = self.db.execute("SELECT value FROM kept WHERE key = ?", (key,)).fetchone()
        return Nothing() if row is None else Just(json.loads(row[0]))

    async def _store(self, key, value):
        self.db.execute("REPLACE INTO kept VALUES (?, ?)", (key, json.dumps(value)))

    async def _delete(self, key):
        self.db.execute("DELETE FROM kept WHERE key = ?", (key,))


def keep_versions(versions):
    """A client that knows only these: the library would always offer both."""
    create = SessionManager.create.__func__

    async def create_some(cls, backends, *args, **named):
        backends = [backend for backend in backends if backend.namespace in versions]
        return await create(cls, backends, *args, **named)

    SessionManager.create = classmethod(create_some)


class Omemo(XEP_0384):
    default_config = {"fallback_message": "This message is encrypted.", "file": "", "versions": []}

    def plugin_init(self):
        self.kept = File(self.file)
        super().plugin_init()

    @property
    def storage(self):
        return self.kept

    @property
    def _btbv_enabled(self):
        return True

    async def _prompt_manual_trust(self, devices, identifier):
        raise AssertionError("all are trusted")

    async def _on_device_list_update(self, msg):
        item = msg["pubsub_event"]["items"]["item"].xml
        if any(item.find(f"{{{version}}}*") is not None for version in self.versions):
            await super()._on_device_list_update(msg)

    async def refresh_device_lists(self, jids, force_download=False):
        manager = await self.get_session_manager()
        for jid in jids:
            for version in self.versions:
                try:
                    await manager.refresh_device_list(version, JID(jid).bare)
                except DeviceListDownloadFailed:
                    pass  # has none


register_plugin(Omemo)


class OmemoPeer(peer.Peer):
    def __init__(self, login):
        super().__init__(login)
        self.versions = [NAMESPACES[name] for name in login["omemo"].split()]
        keep_versions(self.versions)
        self.register_plugin("xep_0384", {"file": login["store"], "versions": self.versions}, module=sys.modules[__name__])
        # Who is who in rooms: occupant -> real address.
        self.occupants = {}
        self.arrived = asyncio.Queue()
        # Held by nobody else, a task may be collected.
        self.reading = asyncio.ensure_future(self.read_messages())

    async def on_start(self, start):
        self.manager = await self["xep_0384"].get_session_manager()
        await super().on_start(start)

    def on_presence(self, stanza):
        item = stanza.xml.find(f"{MUC_USER}x/{MUC_USER}item")
        if item is not None and item.get("jid"):
            self.occupants[stanza.xml.get("from")] = JID(item.get("jid")).bare
        super().on_presence(stanza)

    def on_message(self, stanza):
        self.arrived.put_nowait(stanza)

    async def read_messages(self):
        """One after the other: a ratchet knows no other way."""
        while stanza := await self.arrived.get():
            xml, carbon = unwrap(stanza.xml)
            fields = {"encrypted": "", **self.describe(xml, carbon)}
            for version, namespace in NAMESPACES.items():
                encrypted = xml.find(f"{{{namespace}}}encrypted")
                if encrypted is None or namespace not in self.versions:
                    continue
                fields["encrypted"] = version
                if fields["from"] == self.boundjid.full:
                    # Its own words, in the chat with oneself: nobody encrypts for himself.
                    fields = None
                    break
                try:
                    sender = xml.get("from")
                    room = JID(sender).bare if xml.get("type") == "groupchat" else None
                    sender = self.occupants.get(sender, JID(sender).bare)
                    fields["body"] = await self.decrypt(version, encrypted, sender, room)
                except Exception as error:
                    fields["body"], fields["error"] = None, f"{type(error).__name__}: {error}"
                if fields["body"] is None and "error" not in fields:
                    event("key", **{"from": fields["from"]})
                    fields = None
                break
            if fields:
                event("message", **fields)

    async def decrypt(self, version, encrypted, sender, room):
        await self.get_devices(sender)
        if version == "2":
            message = twomemo.etree.parse_message(encrypted, sender)
        else:
            message = await oldmemo.etree.parse_message(encrypted, sender, self.boundjid.bare, self.manager)
        plain = (await self.manager.decrypt(message))[0]
        if plain is None:
            return None
        if version == "0.3":
            return plain.decode()
        envelope = ElementTree.fromstring(plain)
        assert envelope.tag == f"{SCE}envelope" and envelope.find(f"{SCE}rpad") is not None, plain
        author = envelope.find(f"{SCE}from")
        assert author is None or author.get("jid") == sender, plain
        meant = envelope.find(f"{SCE}to")
        assert room is None or meant.get("jid") == room, plain
        return envelope.findtext(f"{SCE}content/{peer.CLIENT}body")

    async def get_devices(self, jid):
        """So that a device which came to be this moment is known, whatever the roster says."""
        devices = await self.manager.get_device_information(jid)
        if not devices:
            await self["xep_0384"].refresh_device_lists({jid})
            devices = await self.manager.get_device_information(jid)
        return devices

    async def encrypt(self, command):
        to, body, version = command["to"], command["body"], command["version"]
        readers = command.get("readers") or []
        await self["xep_0384"].refresh_device_lists(set(readers or [to]))
        if version == "2":
            envelope = ElementTree.Element(f"{SCE}envelope")
            content = ElementTree.SubElement(envelope, f"{SCE}content")
            ElementTree.SubElement(content, f"{peer.CLIENT}body").text = body
            ElementTree.SubElement(envelope, f"{SCE}rpad").text = "x" * (len(body) % 50)
            ElementTree.SubElement(envelope, f"{SCE}from", jid=self.boundjid.bare)
            if readers:
                ElementTree.SubElement(envelope, f"{SCE}to", jid=to)
            ElementTree.SubElement(envelope, f"{SCE}time", stamp=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
            plain = ElementTree.tostring(envelope)
        else:
            plain = body.encode()
        namespace = NAMESPACES[version]
        meant = frozenset(JID(jid).bare for jid in readers or [to])
        messages, errors = await self.manager.encrypt(meant, {namespace: plain}, [namespace])
        for error in errors:
            event("error", what=f"not for one device: {error}")
        kind = "groupchat" if readers else "chat"
        message = self.make_message(mto=to, mbody="This message is encrypted.", mtype=kind)
        message["id"] = command.get("id") or self.new_id()
        for encrypted in messages:
            write = twomemo.etree if version == "2" else oldmemo.etree
            message.xml.append(write.serialize_message(encrypted))
        message.xml.append(ElementTree.Element("{urn:xmpp:eme:0}encryption", namespace=namespace, name="OMEMO"))
        message.xml.append(ElementTree.Element(f"{{{HINTS}}}store"))
        message.send()
        event("sent", id=message["id"])

    async def command(self, command):
        if command["cmd"] == "encrypt":
            await self.encrypt(command)
        elif command["cmd"] == "devices":
            await self["xep_0384"].refresh_device_lists({command["to"]})
            devices = await self.manager.get_device_information(command["to"])
            names = {namespace: version for version, namespace in NAMESPACES.items()}
            known = [(str(device.device_id), " ".join(sorted(names[n] for n in device.namespaces))) for device in devices]
            event("devices", items=sorted(known))
        else:
            return await super().command(command)
        return True


asyncio.run(peer.main(OmemoPeer))
