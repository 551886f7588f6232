"""Another implementation of OMEMO, driven by JSON lines: `peer.py oldmemo|twomemo|omemo_dr`.

Run by tests/omemo.rs as a process of its own. These packages have licences of their own (oldmemo AGPL-3.0, omemo-dr
GPL-3.0, twomemo MIT): they are only talked to through pipes, never linked, copied or shipped.

  {"do": "new", "party": 1, "device": 5}           -> {"ik", "spk_id", "spk", "sig", "prekeys": "1:..,2:.."}
  {"do": "seal", "party": 1, "to": 7, "text": ..}  -> {"exchange": 0|1, "key", "iv", "payload"}
       with "ik", "spk_id", "spk", "sig", "prekey_id", "prekey" too: in a new session
  {"do": "open", "party": 1, "from": 7, "exchange": 0|1, "key", "iv", "payload"} -> {"text"} or {"error"}

Bytes and texts are hex. Keys are Montgomery keys without type byte, but "ik" of OMEMO 2, which is an Edwards key.
"""

import asyncio
import json
import sys


class PythonOmemo:
    """oldmemo and twomemo: one session at a time is all they have, so earlier ones are kept here."""

    def __init__(self, name):
        import omemo
        import x3dh
        import xeddsa
        module = __import__(f"{name}.{name}", fromlist=["x"])
        self.is_old = name == "oldmemo"
        self.module, self.x3dh, self.xeddsa = module, x3dh, xeddsa
        self.backend_class = module.Oldmemo if self.is_old else module.Twomemo

        class Memory(omemo.Storage):
            def __init__(self):
                super().__init__(True)
                self.data = {}

            async def _load(self, key):
                return omemo.Just(self.data[key]) if key in self.data else omemo.Nothing()

            async def _store(self, key, value):
                self.data[key] = value

            async def _delete(self, key):
                self.data.pop(key, None)

        self.storage_class = Memory
        self.parties = {}

    async def new(self, party, device):
        backend = self.backend_class(self.storage_class())
        await backend.generate_pre_keys(6)
        self.parties[party] = (backend, {})
        bundle = await backend.get_bundle("peer@example.org", device)
        keys = bundle.bundle
        identity, signature = bundle.identity_key, bytearray(keys.signed_pre_key_sig)
        if self.is_old:
            # the sign of the Edwards form travels in the signature
            signature[63] |= identity[31] & 0x80
            identity = self.xeddsa.ed25519_pub_to_curve25519_pub(identity)
        prekeys = ",".join(f"{number}:{key.hex()}" for key, number in bundle.pre_key_ids.items())
        return {
            "ik": identity.hex(), "spk_id": bundle.signed_pre_key_id, "spk": keys.signed_pre_key.hex(),
            "sig": bytes(signature).hex(), "prekeys": prekeys,
        }

    def bundle(self, to, given):
        raw = {name: bytes.fromhex(given[name]) for name in ("ik", "spk", "sig", "prekey")}
        identity = raw["ik"]
        if self.is_old:
            identity = self.xeddsa.curve25519_pub_to_ed25519_pub(identity, False)
        keys = self.x3dh.Bundle(identity, raw["spk"], raw["sig"], frozenset([raw["prekey"]]))
        return self.module.BundleImpl("us@example.org", to, keys, given["spk_id"], {raw["prekey"]: given["prekey_id"]})

    async def seal(self, party, to, text, **bundle):
        backend, sessions = self.parties[party]
        content, plain = await backend.encrypt_plaintext(bytes.fromhex(text))
        if bundle:
            session, key = await backend.build_session_active("us@example.org", to, self.bundle(to, bundle), plain)
            sessions.setdefault(to, []).insert(0, session)
        else:
            session = sessions[to][0]
            key = await backend.encrypt_key_material(session, plain)
        data = key.serialize()
        active = type(session.initiation).ACTIVE
        exchange = session.initiation == active and not session.confirmed
        if exchange:
            data = session.key_exchange.serialize(data)
            data = data[0] if isinstance(data, tuple) else data
        iv = content.initialization_vector if self.is_old else b""
        return {"exchange": int(exchange), "key": data.hex(), "iv": iv.hex(), "payload": content.ciphertext.hex()}

    async def open(self, party, exchange, key, iv, payload, **rest):
        sender = rest["from"]
        backend, all_sessions = self.parties[party]
        sessions = all_sessions.setdefault(sender, [])
        data, iv, payload = (bytes.fromhex(value) for value in (key, iv, payload))
        candidates = list(sessions)
        if exchange:
            parsed = self.module.KeyExchangeImpl.parse(data, False) if self.is_old else \
                self.module.KeyExchangeImpl.parse(data)
            exchange, data = parsed
            candidates = [s for s in sessions if s.key_exchange.builds_same_session(exchange)]
        material = self.module.EncryptedKeyMaterialImpl.parse(data, "us@example.org", sender)
        plain = None
        if exchange and not candidates:
            session, plain = await backend.build_session_passive("us@example.org", sender, exchange, material)
            sessions.insert(0, session)
        else:
            for session in candidates:
                try:
                    plain = await backend.decrypt_key_material(session, material)
                except Exception as error:
                    failure = error
                else:
                    sessions.remove(session)
                    sessions.insert(0, session)
                    break
        if plain is None:
            raise failure
        content = self.module.ContentImpl(payload, iv) if self.is_old else self.module.ContentImpl(payload)
        return {"text": (await backend.decrypt_plaintext(content, plain)).hex()}


class OmemoDr:
    """omemo-dr, with its low functions, over a store in memory."""

    def __init__(self, _name):
        self.parties = {}

    async def new(self, party, device):
        from omemo_dr.state.sessionrecord import SessionRecord
        from omemo_dr.util.keyhelper import KeyHelper

        class Store:
            def __init__(self):
                self.identity = KeyHelper.generate_identity_key_pair()
                self.signed = KeyHelper.generate_signed_pre_key(self.identity, 3)
                self.prekeys = {record.get_id(): record for record in KeyHelper.generate_pre_keys(1, 6)}
                self.sessions = {}

            def get_identity_key_pair(self):
                return self.identity

            def get_our_device_id(self):
                return device

            def save_identity(self, *_):
                pass

            def is_trusted_identity(self, *_):
                return True

            def contains_session(self, name, other):
                return (name, other) in self.sessions

            def load_session(self, name, other):
                data = self.sessions.get((name, other))
                return SessionRecord(serialized=data) if data else SessionRecord()

            def store_session(self, name, other, record):
                self.sessions[(name, other)] = record.serialize()

            def contains_pre_key(self, number):
                return number in self.prekeys

            def load_pre_key(self, number):
                return self.prekeys[number]

            def remove_pre_key(self, _number):
                """Kept: both sides choose at random, and would meet at a key already used."""

            def load_signed_pre_key(self, _number):
                return self.signed

        store = self.parties[party] = Store()
        signed = self.signed_key(store.signed)
        prekeys = ",".join(f"{number}:{self.signed_key(record)}" for number, record in store.prekeys.items())
        return {
            "ik": store.identity.get_public_key().serialize()[-32:].hex(), "spk_id": 3, "spk": signed,
            "sig": store.signed.get_signature().hex(), "prekeys": prekeys,
        }

    @staticmethod
    def signed_key(record):
        return record.get_key_pair().get_public_key().serialize()[-32:].hex()

    async def seal(self, party, to, text, **bundle):
        from omemo_dr.aes import aes_encrypt
        from omemo_dr.const import NS_OMEMO_TMP
        from omemo_dr.ecc.curve import Curve
        from omemo_dr.identitykey import IdentityKey
        from omemo_dr.protocol.prekeywhispermessage import PreKeyWhisperMessage
        from omemo_dr.sessionbuilder import SessionBuilder
        from omemo_dr.sessioncipher import SessionCipher
        from omemo_dr.state.prekeybundle import PreKeyBundle
        store = self.parties[party]
        if bundle:
            ik, spk, prekey = (Curve.decode_point(b"\x05" + bytes.fromhex(bundle[n])) for n in ("ik", "spk", "prekey"))
            SessionBuilder(store, "us", to).process_pre_key_bundle(PreKeyBundle(
                to, NS_OMEMO_TMP, bundle["prekey_id"], prekey, bundle["spk_id"], spk, bytes.fromhex(bundle["sig"]),
                IdentityKey(ik)))
        result = aes_encrypt(bytes.fromhex(text).decode())
        message = SessionCipher(store, "us", to).encrypt(result.key)
        return {
            "exchange": int(isinstance(message, PreKeyWhisperMessage)), "key": message.serialize().hex(),
            "iv": result.iv.hex(), "payload": result.payload.hex(),
        }

    async def open(self, party, exchange, key, iv, payload, **rest):
        from omemo_dr.aes import aes_decrypt
        from omemo_dr.protocol.prekeywhispermessage import PreKeyWhisperMessage
        from omemo_dr.protocol.whispermessage import WhisperMessage
        from omemo_dr.sessioncipher import SessionCipher
        cipher = SessionCipher(self.parties[party], "us", rest["from"])
        key, iv, payload = (bytes.fromhex(value) for value in (key, iv, payload))
        if exchange:
            plain = cipher.decrypt_pkmsg(PreKeyWhisperMessage.from_bytes(key))
        else:
            plain = cipher.decrypt_msg(WhisperMessage.from_bytes(key))
        return {"text": aes_decrypt(bytes(plain), iv, payload).encode().hex()}


async def main():
    peer = (OmemoDr if sys.argv[1] == "omemo_dr" else PythonOmemo)(sys.argv[1])
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = await getattr(peer, command.pop("do"))(**command)
        except Exception as error:  # whatever the library says is its answer
            answer = {"error": f"{type(error).__name__}: {error}; {error.__cause__}"}
        print(json.dumps(answer), flush=True)


asyncio.run(main())
