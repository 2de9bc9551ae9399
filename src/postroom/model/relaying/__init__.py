"""Mail on its way to other servers: the queue, attempts, what is known of how a domain takes mail."""
