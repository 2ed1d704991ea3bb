"""Queue, broker, agents, gateway; knows the network.  Nothing lives here yet."""
