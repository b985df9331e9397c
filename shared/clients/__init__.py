"""Clients of Azure and Microsoft Graph: asynchronous, paced, without retries of their own."""
