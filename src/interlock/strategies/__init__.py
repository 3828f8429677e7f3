"""The strategy interface and two honest samples. Market in, signals out, nothing else."""
