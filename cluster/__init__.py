"""The machines: DigitalOcean for Ray's autoscaler, with guards on what they may cost."""
