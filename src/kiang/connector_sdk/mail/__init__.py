"""What the mail connectors share: servers and TLS, sessions that are kept, IMAP, and mails as results.

The protocols are those of the standard library, in threads of their own: each call has a deadline at which its connection is cut, and
a limit on how much a server may answer.
"""
