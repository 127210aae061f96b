"""What is done to a batch of images before it is learned from."""
