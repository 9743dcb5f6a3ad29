"""The rehearsal: the user's own cluster file, real Ray and real SSH, on droplets that are namespaces of this machine."""
