"""What listens: gRPC, REST, the management port; each translates its wire to commands and back, and nothing else."""
