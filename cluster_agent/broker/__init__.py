"""The broker: a pure state machine, and the thin shell with its sockets, store and clock."""
