"""What a front end uses of the cluster: a connection, and a runner like the local one."""
