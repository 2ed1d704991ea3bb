"""Sockets: the one file that knows ZeroMQ.

`Listener` is the serving side (ROUTER), `Connection` the calling side (DEALER).  Both speak CURVE
only; who may connect is decided by ZAP, and a peer's identity is its public key, never what it
says of itself.  What travels is one frame of bytes a message; what the bytes mean is not known
here.
"""
