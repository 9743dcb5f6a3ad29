"""How people and programs reach the platform: Ray Serve app, HTTP API, dashboard."""
