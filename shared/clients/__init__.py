"""The clouds, through their official SDKs: async, without retries of their own, paced."""
