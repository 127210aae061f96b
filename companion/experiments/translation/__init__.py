"""BLEU of two RNNs and a Transformer on Multi30k."""
