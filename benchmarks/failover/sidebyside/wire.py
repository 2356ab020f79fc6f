"""A client for PostgreSQL's wire protocol 3.0: enough to log in (trust, cleartext, SCRAM-SHA-256) and run simple queries."""

import base64
import functools
import hashlib
import hmac
import os
import socket
import struct

PROTOCOL = 196608
LARGEST_MESSAGE = 1 << 26
READ_CHUNK = 1 << 16


class ServerError(Exception):
    """The server answered with an error: the connection is still usable unless the server closes it."""

    def __init__(self, fields):
        self.code = fields.get("C", "?????")
        super().__init__(f"{self.code}: {fields.get('M', 'no message')}")


class Broken(Exception):
    """The connection is of no use any more."""


class Connection:
    """One session. Used by one thread; `abort` may be called by another."""

    def __init__(self, address, user, password, database, login_timeout, answer_timeout):
        self.warned = False
        self._buffer = b""
        try:
            self._socket = socket.create_connection(address, timeout=login_timeout)
        except OSError as refused:
            raise Broken(f"cannot connect to {address[0]}:{address[1]}: {refused}") from refused
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._login(user, password, database)
            self._socket.settimeout(answer_timeout)
        except BaseException:
            self.close()
            raise

    def query(self, sql):
        """Rows of text (None for null) of one simple query; `warned` says whether a warning came with them."""
        self.warned = False
        self._send(b"Q", sql.encode() + b"\0")
        rows, error = [], None
        while True:
            kind, body = self._receive()
            if kind == b"Z":
                if error:
                    raise error
                return rows
            if kind == b"D":
                rows.append(_row(body))
            elif kind == b"E":
                error = ServerError(_fields(body))
            elif kind == b"N" and _fields(body).get("V") == "WARNING":
                self.warned = True

    def abort(self):
        """Makes whoever waits on this connection fail at once."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # already closed

    def close(self):
        self._socket.close()

    def _login(self, user, password, database):
        settings = {"user": user, "database": database, "application_name": "failover-probe"}
        body = b"".join(f"{k}\0{v}\0".encode() for k, v in settings.items()) + b"\0"
        self._write(struct.pack("!ii", 8 + len(body), PROTOCOL) + body)
        scram = None
        while True:
            kind, body = self._receive()
            if kind == b"Z":
                return
            if kind == b"E":
                raise ServerError(_fields(body))
            if kind != b"R":
                continue
            wanted = struct.unpack("!i", body[:4])[0]
            if wanted == 3:
                self._send(b"p", password.encode() + b"\0")
            elif wanted == 10:
                scram = Scram(password)
                first = scram.first()
                self._send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first)
            elif wanted == 11:
                self._send(b"p", scram.final(body[4:]))
            elif wanted == 12:
                scram.verify(body[4:])
            elif wanted != 0:
                raise Broken(f"the server wants authentication {wanted}; known are 0, 3, 10")

    def _send(self, kind, body):
        self._write(kind + struct.pack("!i", 4 + len(body)) + body)

    def _write(self, data):
        try:
            self._socket.sendall(data)
        except OSError as lost:
            raise Broken(f"sending failed: {lost}") from lost

    def _receive(self):
        head = self._exactly(5)
        length = struct.unpack("!i", head[1:])[0] - 4
        if not 0 <= length <= LARGEST_MESSAGE:
            raise Broken(f"a message of {length} bytes was announced, expected 0 to {LARGEST_MESSAGE}")
        return head[:1], self._exactly(length)

    def _exactly(self, count):
        parts, have = [self._buffer], len(self._buffer)
        while have < count:
            try:
                data = self._socket.recv(READ_CHUNK)
            except OSError as lost:
                raise Broken(f"no answer: {lost}") from lost
            if not data:
                raise Broken("the server closed the connection")
            parts.append(data)
            have += len(data)
        whole = b"".join(parts)
        self._buffer = whole[count:]
        return whole[:count]


class Scram:
    """The client's side of SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677)."""

    def __init__(self, password):
        self._password = password.encode()
        self._bare = "n=,r=" + base64.b64encode(os.urandom(18)).decode()
        self._server_signature = None

    def first(self):
        return ("n,," + self._bare).encode()

    def final(self, challenge):
        server_first = challenge.decode()
        told = dict(part.split("=", 1) for part in server_first.split(","))
        if not told["r"].startswith(self._bare[5:]):
            raise Broken("the server's nonce does not continue the client's")
        salted = _salted(self._password, base64.b64decode(told["s"]), int(told["i"]))
        without_proof = "c=biws,r=" + told["r"]
        signed = ",".join((self._bare, server_first, without_proof)).encode()
        client_key = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha256(client_key).digest(), signed)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        self._server_signature = _hmac(_hmac(salted, b"Server Key"), signed)
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()

    def verify(self, answer):
        if answer != b"v=" + base64.b64encode(self._server_signature):
            raise Broken("the server does not know the password either")


# Thousands of connections of one role are opened at once by some: the slow part is the same for all of them.
@functools.lru_cache(maxsize=16)
def _salted(password, salt, iterations):
    return hashlib.pbkdf2_hmac("sha256", password, salt, iterations)


def _hmac(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


def _fields(body):
    parts = body.decode(errors="replace").split("\0")
    return {part[0]: part[1:] for part in parts if part}


def _row(body):
    row, at = [], 2
    for _ in range(struct.unpack("!h", body[:2])[0]):
        length = struct.unpack("!i", body[at : at + 4])[0]
        at += 4
        if length < 0:
            row.append(None)
        else:
            row.append(body[at : at + length].decode())
            at += length
    return row
