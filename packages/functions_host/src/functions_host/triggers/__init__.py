"""Triggers other than HTTP and Durable: timers and storage queues."""
