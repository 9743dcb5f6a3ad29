"""The bundled sample: real bars and earnings days from packages."""
