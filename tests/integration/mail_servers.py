"""Real mail servers for tests: Dovecot (IMAP, POP3) from Debian's packages, and an SMTP server that delivers to it.

Both with a certificate of their own authority, on free ports, with their data in a folder of the test.
"""

from __future__ import annotations

import base64
import datetime as dt
import imaplib
import ipaddress
import json
import os
import pwd
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.integration.packages import need_package
from tests.integration.running_engine import free_port

START_SECONDS_MAX = 30
USER, PASSWORD = "ada@example.com", 'pass-word of ada\\"1'
SIZE_MAX_BYTES = 3_000_000
"""What the SMTP server takes."""


@dataclass
class MailServers:
    """Where they listen.

    Attributes:
        authority: File with the certificate to trust.
        connections: How often somebody connected to the SMTP server.
        forms: What the OAuth server was asked with.
        tokens: That are good for `USER`; the OAuth server gives each out once and makes it good.
    """

    folder: Path
    authority: str
    imap: int
    imaps: int
    pop3: int
    pop3s: int
    smtp: int = 0
    smtps: int = 0
    connections: list[Any] = field(default_factory=list)
    envelopes: list[Any] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None
    oauth_url: str = ""
    forms: list[dict[str, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    @contextmanager
    def inbox(self, user: str = USER) -> Iterator[imaplib.IMAP4]:
        """A mail client that has opened the inbox."""
        client = imaplib.IMAP4("127.0.0.1", self.imap, timeout=20)
        try:
            client.login(user, PASSWORD)
            client.select()
            yield client
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()

    def put(self, message: Message | bytes, user: str = USER, flags: str = "", date: str | None = None) -> None:
        """A mail has come."""
        content = message if isinstance(message, bytes) else message.as_bytes()
        with self.inbox(user) as client:
            status, answer = client.append("INBOX", flags, date, content)
            assert status == "OK", answer

    def restart(self) -> None:
        """Stop and start Dovecot: every connection breaks."""
        self.stop()
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [_dovecot(), "-F", "-c", str(self.folder / "dovecot.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                with self.inbox():
                    return
            except (OSError, imaplib.IMAP4.error):
                log = self.folder / "dovecot.log"
                assert self.process.poll() is None, log.read_text() if log.exists() else "Dovecot has ended"
                assert time.monotonic() < deadline, log.read_text() if log.exists() else "Dovecot does not come up"
                time.sleep(0.05)

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def mail_servers(*users: str) -> Iterator[MailServers]:
    """Both servers, with mailboxes for `USER` and `users`, all with the password `PASSWORD`."""
    pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed")
    need_package("dovecot-imapd", "dovecot")
    need_package("dovecot-pop3d", "/usr/lib/dovecot/pop3")
    with tempfile.TemporaryDirectory(prefix="kiang-mail-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        servers = MailServers(folder, str(folder / "ca.pem"), *(free_port() for _ in range(4)))
        _write_certificates(folder)
        oauth = _start_oauth(servers)
        _configure(servers, (USER, *users))
        controllers: list[Any] = []
        try:
            servers.start()
            controllers += _start_smtp(servers)
            yield servers
        finally:
            for controller in controllers:
                controller.stop()
            servers.stop()
            oauth.shutdown()
            oauth.server_close()


def _start_oauth(servers: MailServers) -> ThreadingHTTPServer:
    """Gives tokens at /token, and tells Dovecot at /tokeninfo whose they are."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            servers.forms.append(form)
            token = f"token-{len(servers.forms)}"
            if form.get("refresh_token") != "revoked":
                servers.tokens.add(token)
            self._answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": 300})

        def do_GET(self) -> None:
            token = dict(parse_qsl(urlsplit(self.path).query)).get("access_token")
            if token in servers.tokens:
                self._answer(200, {"email": USER})
            else:
                self._answer(401, {"error": "invalid_token"})

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    servers.oauth_url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _dovecot() -> str:
    return shutil.which("dovecot", path="/usr/sbin:/usr/bin:/usr/local/sbin") or "dovecot"


def _configure(servers: MailServers, users: tuple[str, ...]) -> None:
    folder = servers.folder
    is_root = os.geteuid() == 0
    owner = pwd.getpwnam("mail") if is_root else pwd.getpwuid(os.geteuid())
    (folder / "homes").mkdir()
    for user in users:
        home = folder / "homes" / user
        home.mkdir()
        shutil.chown(home, owner.pw_uid, owner.pw_gid)
    (folder / "users").write_text("".join(f"{user}:{{PLAIN}}{PASSWORD}\n" for user in users))
    own_user = "" if is_root else f"default_internal_user = {owner.pw_name}\ndefault_login_user = {owner.pw_name}\n"
    chroot = "" if is_root else "chroot =\n"
    listeners = "".join(
        f"""
        service {protocol}-login {{
          {chroot}
          inet_listener {protocol} {{
            address = 127.0.0.1
            port = {plain}
          }}
          inet_listener {protocol}s {{
            address = 127.0.0.1
            port = {secure}
            ssl = yes
          }}
        }}
        """
        for protocol, plain, secure in (
            ("imap", servers.imap, servers.imaps),
            ("pop3", servers.pop3, servers.pop3s),
        )
    )
    (folder / "oauth2.conf").write_text(
        f"tokeninfo_url = {servers.oauth_url}/tokeninfo?access_token=\nusername_attribute = email\n"
    )
    (folder / "dovecot.conf").write_text(
        f"""
        protocols = imap pop3
        base_dir = {folder}/run
        state_dir = {folder}/state
        log_path = {folder}/dovecot.log
        {own_user}
        first_valid_uid = 1
        disable_plaintext_auth = no
        auth_mechanisms = plain login xoauth2
        auth_failure_delay = 0
        mail_location = maildir:{folder}/homes/%u/Maildir
        mail_max_userip_connections = 100
        ssl = yes
        ssl_cert = <{folder}/server.pem
        ssl_key = <{folder}/server.key
        service anvil {{
          unix_listener anvil-auth-penalty {{
            mode = 0
          }}
        }}
        passdb {{
          driver = passwd-file
          args = {folder}/users
        }}
        passdb {{
          driver = oauth2
          mechanisms = xoauth2
          args = {folder}/oauth2.conf
        }}
        userdb {{
          driver = static
          args = uid={owner.pw_uid} gid={owner.pw_gid} home={folder}/homes/%u
        }}
        {listeners}
        """
    )


def _write_certificates(folder: Path) -> None:
    authority_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of a test")])
    now = dt.datetime.now(dt.UTC)

    def builder(subject: x509.Name, public_key: Any) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority_name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
        )

    authority = (
        builder(authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    server = (
        builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), key.public_key())
        .add_extension(names, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(authority.public_bytes(pem))
    (folder / "server.pem").write_bytes(server.public_bytes(pem))
    (folder / "server.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _start_smtp(servers: MailServers) -> list[Any]:
    """Plain with STARTTLS, and TLS from the first byte; whoever signs in needs `USER` and `PASSWORD`."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(servers.folder / "server.pem", servers.folder / "server.key")

    class Delivery:
        """Puts mails into the boxes that Dovecot serves."""

        async def auth_XOAUTH2(self, server: Any, arguments: list[str]) -> Any:
            sent = base64.b64decode(arguments[1]).decode()
            user, bearer = (part.partition("=")[2] for part in sent.split("\x01")[:2])
            if user == USER and bearer.removeprefix("Bearer ") in servers.tokens:
                return AuthResult(success=True)
            await server.challenge_auth(b'{"status":"401","schemes":"bearer"}')
            return AuthResult(success=False, handled=False)

        async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
            if address.startswith("nobody@"):
                return "550 5.1.1 no such user"
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            servers.envelopes.append((envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content))
            for address in envelope.rcpt_tos:
                home = servers.folder / "homes" / address
                if home.exists():
                    servers.put(envelope.content, address)
            return "250 taken"

    class Counting(SMTP):
        def connection_made(self, transport: Any) -> None:
            if self.transport is None:
                servers.connections.append(transport.get_extra_info("peername"))
            super().connection_made(transport)

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        is_known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_known, handled=False)

    class Server(Controller):
        def factory(self) -> SMTP:
            return Counting(
                self.handler,
                data_size_limit=SIZE_MAX_BYTES,
                enable_SMTPUTF8=True,
                authenticator=authenticate,
                auth_require_tls=False,
                tls_context=None if self.ssl_context else context,
                hostname="localhost",
            )

    controllers = []
    for name, secure in (("smtp", None), ("smtps", context)):
        port = free_port()
        controller = Server(Delivery(), hostname="127.0.0.1", port=port, ssl_context=secure)
        controller.ssl_context = secure
        controller.start()
        setattr(servers, name, port)
        controllers.append(controller)
    return controllers


__all__ = ["PASSWORD", "SIZE_MAX_BYTES", "USER", "MailServers", "mail_servers"]
