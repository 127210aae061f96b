"""WordPiece from scratch: BERT's normaliser and word splitter, pieces, encodings, training."""
