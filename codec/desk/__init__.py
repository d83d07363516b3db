"""What only a desk needs of the codec: documents, words, the generator. No device loads any of it."""
