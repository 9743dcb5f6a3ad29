"""The rehearsal: a real cluster file, real Ray and real SSH, on droplets that are namespaces of this machine."""
