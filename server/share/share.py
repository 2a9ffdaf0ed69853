"""Holds half of the key of each device's application lock, and gives it to whoever shows that they know the PIN.

Described in docs/share.md. Needs Python 3.11 and nothing else. It speaks HTTP to a proxy on the same machine, which
speaks TLS to the devices; what it hands out is worth something, so it listens on loopback alone.
"""

import argparse
import base64
import binascii
import hashlib
import hmac
import http.server
import json
import os
import re
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

# How long the next try has to wait after so many wrong ones, in seconds.
WAITS = (0, 0, 0, 5, 30, 120, 600)
LONGEST_WAIT = 3600
# Requests of one address in a minute.
MOST_A_MINUTE = 60
# Of the shares of one device these are kept: a device that died while its PIN was set still has the one before.
KEPT = 3
LARGEST_BODY = 8192
PATH = re.compile(r"^/v1/shares/([0-9a-f]{32})(/open)?$")

SCHEMA = """
CREATE TABLE IF NOT EXISTS share (
  id      TEXT    NOT NULL PRIMARY KEY,  -- chosen by the device, 16 random bytes
  user    TEXT    NOT NULL,              -- Matrix id, as its homeserver vouched for it
  device  TEXT    NOT NULL,              -- as the device says
  half    BLOB,                          -- NULL: revoked
  proof   TEXT    NOT NULL,              -- SHA-256 of what the device makes of the PIN
  made    REAL    NOT NULL,
  wrong   INTEGER NOT NULL DEFAULT 0,    -- tries since the last right one
  last    REAL    NOT NULL DEFAULT 0     -- when the last wrong one was
) STRICT;
"""


class Refused(Exception):
    """An answer that is not 200."""

    def __init__(self, status, errcode, words, wait=None):
        super().__init__(words)
        self.status, self.errcode, self.words, self.wait = status, errcode, words, wait


class Shares:
    """What is stored, and what becomes of it."""

    def __init__(self, config):
        self.homeserver = config["homeserver"].rstrip("/")
        self.server_name = config["server_name"]
        self.attempts = int(config.get("attempts", 10))
        self.audit_path = config["audit"]
        self.lock = threading.Lock()
        self.asked = {}
        os.umask(0o077)
        self.db = sqlite3.connect(config["database"], check_same_thread=False, isolation_level=None, timeout=10)
        self.db.execute("PRAGMA secure_delete = ON")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.executescript(SCHEMA)

    def note(self, event, share_id, user, address):
        line = {"ts": int(time.time() * 1000), "event": event, "id": share_id, "user": user, "address": address}
        with open(self.audit_path, "a", encoding="utf-8") as audit:
            audit.write(json.dumps(line) + "\n")

    def limit(self, address):
        with self.lock:
            now = time.monotonic()
            if len(self.asked) > 10_000:
                self.asked = {known: times for known, times in self.asked.items() if now - times[-1] < 60}
            times = [then for then in self.asked.get(address, []) if now - then < 60]
            self.asked[address] = times + [now]
            if len(times) >= MOST_A_MINUTE:
                raise Refused(429, "M_LIMIT_EXCEEDED", "too many requests", 60 - (now - times[0]))

    def who(self, token):
        """Asks the homeserver whose OpenID token this is."""
        query = urllib.parse.urlencode({"access_token": token})
        address = f"{self.homeserver}/_matrix/federation/v1/openid/userinfo?{query}"
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                user = json.loads(answer.read(LARGEST_BODY))["sub"]
        except urllib.error.HTTPError as error:
            raise Refused(401, "QROC_NOT_KNOWN", "the homeserver does not know this token") from error
        except (OSError, ValueError, KeyError) as error:
            raise Refused(502, "QROC_NO_HOMESERVER", "the homeserver does not answer") from error
        if not isinstance(user, str) or not user.endswith(f":{self.server_name}"):
            raise Refused(403, "QROC_NOT_OURS", "a user of another server")
        return user

    def put(self, share_id, body, address):
        half, proof = secret(body, "share"), secret(body, "proof")
        device = text(body, "device")
        user = self.who(text(body, "openid"))
        with self.lock:
            known = self.db.execute("SELECT 1 FROM share WHERE id = ?", (share_id,)).fetchone()
            if known:
                raise Refused(409, "QROC_EXISTS", "there is a share of this name")
            self.db.execute("BEGIN IMMEDIATE")
            self.db.execute(
                "INSERT INTO share (id, user, device, half, proof, made) VALUES (?, ?, ?, ?, ?, ?)",
                (share_id, user, device, half, hashlib.sha256(proof).hexdigest(), time.time()),
            )
            self.db.execute(
                "DELETE FROM share WHERE user = ?1 AND device = ?2 AND id NOT IN (SELECT id FROM share"
                " WHERE user = ?1 AND device = ?2 ORDER BY made DESC LIMIT ?3)",
                (user, device, KEPT),
            )
            self.note("made", share_id, user, address)
            self.db.execute("COMMIT")
        return {}

    def open(self, share_id, body, address):
        proof = hashlib.sha256(secret(body, "proof")).hexdigest()
        with self.lock:
            row = self.db.execute(
                "SELECT user, half, proof, wrong, last FROM share WHERE id = ?", (share_id,)
            ).fetchone()
            if row is None:
                raise Refused(404, "QROC_NO_SHARE", "there is no such share")
            user, half, known, wrong, last = row
            if half is None:
                self.note("refused_revoked", share_id, user, address)
                raise Refused(410, "QROC_REVOKED", "this share was revoked")
            wait = WAITS[wrong] if wrong < len(WAITS) else LONGEST_WAIT
            left = last + wait - time.time()
            # A clock that was set back shuts nobody out for longer than the wait.
            if 0 < left:
                raise Refused(429, "M_LIMIT_EXCEEDED", "too many wrong tries", min(left, wait))
            if hmac.compare_digest(proof, known):
                self.note("opened", share_id, user, address)
                self.db.execute("UPDATE share SET wrong = 0, last = 0 WHERE id = ?", (share_id,))
                return {"share": base64.b64encode(half).decode()}
            wrong += 1
            gone = wrong >= self.attempts
            self.db.execute(
                "UPDATE share SET wrong = ?2, last = ?3, half = CASE WHEN ?4 THEN NULL ELSE half END WHERE id = ?1",
                (share_id, wrong, time.time(), gone),
            )
            self.note("revoked_by_attempts" if gone else "wrong", share_id, user, address)
            raise Refused(403, "QROC_WRONG_PROOF", "wrong PIN or password")

    def revoke(self, name):
        with self.lock:
            found = self.db.execute(
                "SELECT id, user FROM share WHERE (user = ?1 OR id = ?1) AND half IS NOT NULL", (name,)
            ).fetchall()
            for share_id, user in found:
                self.db.execute("UPDATE share SET half = NULL WHERE id = ?", (share_id,))
                self.note("revoked", share_id, user, "administrator")
        return len(found)


def text(body, key):
    value = body.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= 4096:
        raise Refused(400, "M_BAD_JSON", f"{key} is missing or too long")
    return value


def secret(body, key):
    try:
        value = base64.b64decode(text(body, key), validate=True)
    except binascii.Error as error:
        raise Refused(400, "M_BAD_JSON", f"{key} is not base64") from error
    if len(value) != 32:
        raise Refused(400, "M_BAD_JSON", f"{key} is not 32 bytes")
    return value


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server_version = "qroc-share"
    sys_version = ""
    timeout = 20

    def answer(self, method):
        shares = self.server.shares
        # The proxy says who asks; what a client says of itself stands before that.
        said = self.headers.get("X-Forwarded-For", "").split(",")[-1].strip()
        address = said or self.client_address[0]
        try:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 < length <= LARGEST_BODY:
                self.close_connection = True
                raise Refused(400, "M_BAD_JSON", "no body, or too large a one")
            body = json.loads(self.rfile.read(length))
            if not isinstance(body, dict):
                raise Refused(400, "M_BAD_JSON", "not an object")
            shares.limit(address)
            found = PATH.match(self.path)
            if found and method == "PUT" and not found[2]:
                status, reply = 200, shares.put(found[1], body, address)
            elif found and method == "POST" and found[2]:
                status, reply = 200, shares.open(found[1], body, address)
            else:
                raise Refused(404, "M_UNRECOGNIZED", "no such request")
        except Refused as refused:
            status, reply = refused.status, {"errcode": refused.errcode, "error": refused.words}
            if refused.wait is not None:
                reply["retry_after_ms"] = int(refused.wait * 1000) + 1
        except ValueError:
            status, reply = 400, {"errcode": "M_NOT_JSON", "error": "not JSON"}
        except (OSError, sqlite3.Error) as error:
            # What cannot be noted is not handed out.
            print(f"qroc-share: {error}", file=sys.stderr, flush=True)
            if shares.db.in_transaction:
                shares.db.execute("ROLLBACK")
            status, reply = 500, {"errcode": "M_UNKNOWN", "error": "the service has a fault"}
        data = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)

    def do_PUT(self):
        self.answer("PUT")

    def do_POST(self):
        self.answer("POST")

    def log_message(self, *_):
        """The audit says what happened."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


def main():
    parser = argparse.ArgumentParser(prog="share.py", description=__doc__.splitlines()[0])
    parser.add_argument("--config", required=True, metavar="FILE", help="JSON, see docs/share.md")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer requests")
    serve.add_argument("--until-closed", action="store_true", help="end when standard input is closed")
    commands.add_parser("list", help="list the shares, one JSON object a line")
    revoke = commands.add_parser("revoke", help="destroy the shares of a user, or one by its id")
    revoke.add_argument("name", metavar="USER|ID")
    args = parser.parse_args()
    try:
        with open(args.config, encoding="utf-8") as file:
            config = json.load(file)
        shares = Shares(config)
        listen = config.get("listen", ["127.0.0.1", 8470])
    except (OSError, ValueError, KeyError, sqlite3.Error) as error:
        sys.exit(f"share.py: {args.config}: {error!r}")
    if args.command == "revoke":
        count = shares.revoke(args.name)
        print(json.dumps({"revoked": count}))
        sys.exit(0 if count else 1)
    if args.command == "list":
        columns = "id, user, device, half IS NULL, made, wrong"
        for share_id, user, device, revoked, made, wrong in shares.db.execute(f"SELECT {columns} FROM share"):
            print(json.dumps({"id": share_id, "user": user, "device": device, "revoked": bool(revoked),
                              "made": int(made), "wrong": wrong}))
        return
    server = Server(tuple(listen), Handler)
    server.shares = shares
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    if args.until_closed:
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
