"""What can stand where attention stands in a block: MLPs, convolutions, fixed weights, nothing."""
