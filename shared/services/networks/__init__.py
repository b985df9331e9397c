"""Networks: connections to customers' networks and directories, and their health checks."""
