"""What goes over the wire: the messages of the gateway protocol, and the HTTP/2 that carries them."""
