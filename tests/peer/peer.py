"""Drives matrix-nio, a Matrix client that is not ours, for the tests.

Reads one JSON object per line from standard input, `{"do": NAME, ...}`, and answers each with one on standard output:
`{"ok": ...}` or `{"error": "..."}`. Ends when standard input does. nio syncs only when it is told to, so a test decides
what it knows; devices are trusted as they come.
"""

import asyncio
import hashlib
import io
import json
import sys
import time
from pathlib import Path

from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa
from nio import (
    AsyncClient,
    AsyncClientConfig,
    EncryptionError,
    MegolmEvent,
    RoomCreateError,
    SyncResponse,
    ToDeviceMessage,
    UnknownToDeviceEvent,
)
from nio.api import RoomPreset
from nio.crypto import sas as nio_sas
from nio.crypto.attachments import decrypt_attachment
from unpaddedbase64 import decode_base64, encode_base64

POLL_MS = 300
ENCRYPTION = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


class Digest:
    """SHA-256 as the specification writes it. nio writes commitments in hexadecimal, which no other client takes."""

    def __init__(self, data):
        self.digest = hashlib.sha256(data).digest()

    def hexdigest(self):
        return encode_base64(self.digest)


nio_sas.sha256 = Digest
# nio makes MACs as of v2 and calls them v1.
nio_sas.Sas._mac_normal = "hkdf-hmac-sha256.v2"
nio_sas.Sas._mac_v1 = [nio_sas.Sas._mac_normal]


class Peer:
    def __init__(self) -> None:
        self.client = None
        self.server = ""
        self.events = {}
        self.order = {}
        self.held = None

    async def login(self, server, user, password, store, device="nio"):
        Path(store).mkdir(parents=True, exist_ok=True)
        config = AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
        self.server = server
        self.client = AsyncClient(server, user, store_path=store, config=config)
        answer = expect(await self.client.login(password, device_name=device))
        await self.client.sync(timeout=0, full_state=True)
        await self.housekeeping()
        return {"user_id": answer.user_id, "device_id": answer.device_id}

    async def housekeeping(self):
        client = self.client
        await client.send_to_device_messages()
        if client.should_upload_keys:
            expect(await client.keys_upload())
        if client.should_query_keys:
            expect(await client.keys_query())
        if client.should_claim_keys:
            expect(await client.keys_claim(client.get_users_for_key_claiming()))

    async def sync(self, room=None, event=None, readable=False, member=None, invite=None, seconds=30):
        """Syncs until what is named is there; with nothing named, once until the server has nothing new."""
        deadline = time.monotonic() + seconds
        while True:
            answer = expect(await self.client.sync(timeout=POLL_MS))
            new = self.take(answer)
            await self.housekeeping()
            self.decrypt_late()
            if room and event:
                found = self.events.get(event)
                done = found is not None and not (readable and isinstance(found, MegolmEvent))
            elif room and member:
                known = self.client.rooms.get(room)
                done = known is not None and member in known.users
            elif invite:
                done = invite in self.client.invited_rooms or invite in self.client.rooms
            else:
                done = new == 0
            if done:
                return {"new": new}
            if time.monotonic() > deadline:
                raise TimeoutError("what was waited for did not come")

    def take(self, answer: SyncResponse) -> int:
        new = 0
        for room_id, room in answer.rooms.join.items():
            for event in room.timeline.events:
                if event.event_id not in self.events:
                    new += 1
                    self.order.setdefault(room_id, []).append(event.event_id)
                self.events[event.event_id] = event
        return new

    def decrypt_late(self):
        for event_id, event in list(self.events.items()):
            if isinstance(event, MegolmEvent):
                try:
                    self.events[event_id] = self.client.decrypt_event(event)
                except EncryptionError:
                    pass

    async def create_room(self, name, invite=()):
        answer = await self.client.room_create(
            name=name, preset=RoomPreset.private_chat, invite=list(invite), initial_state=[ENCRYPTION]
        )
        if isinstance(answer, RoomCreateError):
            raise RuntimeError(str(answer))
        await self.sync(room=answer.room_id, member=self.client.user_id)
        return {"room_id": answer.room_id}

    async def join(self, room):
        expect(await self.client.join(room))
        await self.sync(room=room, member=self.client.user_id)
        return {}

    async def put(self, room, kind, content):
        answer = await self.client.room_send(room, kind, content, ignore_unverified_devices=True)
        return {"event_id": expect(answer).event_id}

    async def custom(self, room, kind, content):
        return await self.put(room, kind, content)

    async def state(self, room, kind, key, content):
        return {"event_id": expect(await self.client.room_put_state(room, kind, content, key)).event_id}

    async def send(self, room, body, reply=None):
        content = {"msgtype": "m.text", "body": body}
        if reply:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply}}
        return await self.put(room, "m.room.message", content)

    async def edit(self, room, event, body):
        return await self.put(room, "m.room.message", {
            "msgtype": "m.text",
            "body": f"* {body}",
            "m.new_content": {"msgtype": "m.text", "body": body},
            "m.relates_to": {"rel_type": "m.replace", "event_id": event},
        })

    async def react(self, room, event, key):
        relation = {"rel_type": "m.annotation", "event_id": event, "key": key}
        return await self.put(room, "m.reaction", {"m.relates_to": relation})

    async def redact(self, room, event):
        return {"event_id": expect(await self.client.room_redact(room, event)).event_id}

    async def hold_keys(self):
        """From now on room keys are made but not sent, as if they were on a slow way."""
        self.held = []
        send = self.client._send

        async def hold(kind, method, path, *rest, **named):
            if self.held is not None and "/sendToDevice/" in path:
                self.held.append((kind, method, path, rest, named))
                raise ConnectionError("held")
            return await send(kind, method, path, *rest, **named)

        self.client._send = hold
        return {}

    async def release_keys(self):
        held, self.held = self.held, None
        for kind, method, path, rest, named in held:
            expect(await self.client._send(kind, method, path, *rest, **named))
        return {"released": len(held)}

    async def send_location(self, room, lat, lon):
        return await self.put(room, "m.room.message", {
            "msgtype": "m.location",
            "body": f"Position {lat},{lon}",
            "geo_uri": f"geo:{lat},{lon};u=8",
        })

    async def send_file(self, room, path, mime, msgtype="m.file"):
        data = Path(path).read_bytes()
        answer, keys = await self.client.upload(
            lambda *_: io.BytesIO(data), content_type=mime, filename=Path(path).name, encrypt=True, filesize=len(data)
        )
        content = {
            "msgtype": msgtype,
            "body": Path(path).name,
            "info": {"mimetype": mime, "size": len(data)},
            "file": {**keys, "url": expect(answer).content_uri},
        }
        return await self.put(room, "m.room.message", content)

    async def download(self, event, to, part="file"):
        content = self.events[event].source["content"]
        if part == "original":
            said = content["eu.qroc.original"]["sha256"]
            kept = [e.source["content"] for e in self.events.values() if e.source.get("type") == "eu.qroc.original"]
            parts = next(content["parts"] for content in kept if content["sha256"] == said)
            plain = b"".join([await self.opened(part["file"]) for part in parts])
        else:
            plain = await self.opened(content["file"] if part == "file" else content["info"]["thumbnail_file"])
        Path(to).write_bytes(plain)
        return {"bytes": len(plain)}

    async def opened(self, file):
        server, media = file["url"].removeprefix("mxc://").split("/")
        # nio asks at the old address, which answers for old files only.
        address = f"{self.server}/_matrix/client/v1/media/download/{server}/{media}"
        headers = {"Authorization": f"Bearer {self.client.access_token}"}
        async with self.client.client_session.get(address, headers=headers) as answer:
            answer.raise_for_status()
            sealed = await answer.read()
        return decrypt_attachment(sealed, file["key"]["k"], file["hashes"]["sha256"], file["iv"])

    async def verify_original(self, event):
        """Judges who signed what a message says of its original, with the device's key as the server has it."""
        said = dict(self.events[event].source["content"]["eu.qroc.original"])
        signatures = said.pop("signatures")
        user, device = said["user_id"], said["device_id"]
        headers = {"Authorization": f"Bearer {self.client.access_token}"}
        address = f"{self.server}/_matrix/client/v3/keys/query"
        ask = {"device_keys": {user: [device]}}
        async with self.client.client_session.post(address, headers=headers, json=ask) as answer:
            answer.raise_for_status()
            keys = (await answer.json())["device_keys"][user][device]["keys"]
        key = eddsa.import_public_key(decode_base64(keys[f"ed25519:{device}"]))
        signature = decode_base64(signatures[user][f"ed25519:{device}"])

        def is_valid(statement):
            text = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            try:
                eddsa.new(key, "rfc8032").verify(text, signature)
            except ValueError:
                return False
            return True

        changed = {**said, "size": said["size"] + 1}
        return {"valid": is_valid(said), "changed_is_valid": is_valid(changed), "said": said}

    async def verify(self, user, begin, seconds=60):
        """Compares signs with the only device of a user: begins, or takes up what is asked for. Confirms what it sees."""
        client = self.client
        client.olm.users_for_key_query.add(user)
        expect(await client.keys_query())
        device = next(iter(client.device_store.active_user_devices(user)))
        known = set(client.key_verifications)
        asked = None

        async def on_unknown(event):
            nonlocal asked
            if event.type == "m.key.verification.request" and event.sender == user:
                asked = event.source["content"]["transaction_id"]
                await self.tell(device, "ready", {"transaction_id": asked, "methods": ["m.sas.v1"]})

        client.add_to_device_callback(on_unknown, UnknownToDeviceEvent)
        if begin:
            expect(await client.start_key_verification(device))
        deadline = time.monotonic() + seconds
        sas, shown, done, accepted = None, None, False, begin
        while not done:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no end: {sas and sas.state}")
            expect(await client.sync(timeout=POLL_MS))
            fresh = [it for key, it in client.key_verifications.items() if key not in known]
            sas = sas or next(iter(fresh), None)
            if sas is None:
                continue
            if sas.canceled:
                raise RuntimeError(f"{sas.cancel_code}: {sas.cancel_reason}")
            if not accepted:
                accepted = True
                expect(await client.accept_key_verification(sas.transaction_id))
            await client.send_to_device_messages()
            if sas.established_sas and shown is None:
                # `get_emoji` takes the seven places in the table for bytes.
                places = sas.established_sas.bytes(sas._extra_info).emoji_indices
                shown = [sas.emoji[place][0] for place in places]
                expect(await client.confirm_short_auth_string(sas.transaction_id))
            done = sas.verified
        await client.send_to_device_messages()
        if asked:
            await self.tell(device, "done", {"transaction_id": asked})
        return {"emoji": shown, "verified": client.olm.is_device_verified(device)}

    async def tell(self, device, step, content):
        content = {"from_device": self.client.device_id, **content}
        message = ToDeviceMessage(f"m.key.verification.{step}", device.user_id, device.id, content)
        expect(await self.client.to_device(message))

    async def reset_identity(self, password):
        """Gives the account another cross-signing identity, as somebody does who has its password."""
        user = self.client.user_id
        master, own, others = (ECC.generate(curve="ed25519") for _ in range(3))
        name = lambda key: encode_base64(key.public_key().export_key(format="raw"))
        described = {}
        for usage, key in (("master", master), ("self_signing", own), ("user_signing", others)):
            described[usage] = {"user_id": user, "usage": [usage], "keys": {f"ed25519:{name(key)}": name(key)}}
            if usage != "master":
                text = json.dumps(described[usage], sort_keys=True, separators=(",", ":")).encode()
                signature = encode_base64(eddsa.new(master, "rfc8032").sign(text))
                described[usage]["signatures"] = {user: {f"ed25519:{name(master)}": signature}}
        body = {f"{usage}_key": key for usage, key in described.items()}
        address = f"{self.server}/_matrix/client/v3/keys/device_signing/upload"
        headers = {"Authorization": f"Bearer {self.client.access_token}"}
        async with self.client.client_session.post(address, headers=headers, json=body) as answer:
            asked = await answer.json()
        who = {"type": "m.id.user", "user": user}
        body["auth"] = {
            "type": "m.login.password", "identifier": who, "password": password, "session": asked.get("session"),
        }
        async with self.client.client_session.post(address, headers=headers, json=body) as answer:
            answer.raise_for_status()
        return {"master": name(master)}

    async def list(self, room):
        """All events of the room's timeline, oldest first, as nio reads them."""
        return [self.view(self.events[event]) for event in self.order.get(room, [])]

    def view(self, event):
        source = event.source
        sealed = isinstance(event, MegolmEvent)
        content = source.get("content", {})
        return {
            "event_id": event.event_id,
            "sender": event.sender,
            "type": "m.room.encrypted" if sealed else source.get("type"),
            "class": type(event).__name__,
            "content": content,
            "encrypted": sealed or bool(getattr(event, "decrypted", False)),
            "undecryptable": sealed,
            "redacts": source.get("redacts") or content.get("redacts"),
        }


def expect(answer):
    if type(answer).__name__.endswith("Error"):
        raise RuntimeError(f"{type(answer).__name__}: {answer}")
    return answer


async def main():
    peer = Peer()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        try:
            reply = {"ok": await getattr(peer, request.pop("do"))(**request)}
        except Exception as error:  # The test decides what it means.
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)
    if peer.client:
        await peer.client.close()


asyncio.run(main())
