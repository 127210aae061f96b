"""CIFAR-10, in the two forms it is published in."""
