"""Who is asking: nobody has to say (default), user name and password, or a token of an OpenID Connect provider.

Both gateways ask the same `Authenticator`. Everybody who is known may do everything: permissions are not offered yet.
"""
