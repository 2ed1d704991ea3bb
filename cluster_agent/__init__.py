"""Queue, broker, agents, gateway; knows the network.  The fair queue lives here; more follows."""
