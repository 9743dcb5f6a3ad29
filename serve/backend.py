class PlatformBackend:
    def __init__(self, home, url, ensemble_id, ensemble):
        self.e = ensemble
