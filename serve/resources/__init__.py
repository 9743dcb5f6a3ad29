"""One file a resource: its schema, what reads it, the answer made of it, the route. Listed in `serve.routes`."""
