"""What the larger bases would cost, computed from their real architectures at random weights."""
