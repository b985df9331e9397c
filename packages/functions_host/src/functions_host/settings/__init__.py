"""The app's settings: host.json, local.settings.json and the environment."""
