"""Still pictures: images, maps, curves, alignments, words."""
