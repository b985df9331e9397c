"""Runs an Azure Functions app with Durable Functions in one process, on one SQLite file."""
