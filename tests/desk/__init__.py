"""What staff see and may do, and nothing of it for anybody else."""
